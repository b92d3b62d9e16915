/** One bug, as an edit of the source. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catcher } from './catcher.js';

export interface Plant {
  /** What is wrong with it, e.g. `synchronous is NORMAL`. */
  readonly name: string;
  readonly file: string;
  /** There exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: Catcher;
}

/**
 * Plants the bug and returns how to take it out again.
 * @throws Error where the text is not there exactly once: the list is behind the source
 */
export function plantBug({ name, file, find, replace }: Plant, root: string): () => void {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const found = before.split(find).length - 1;
  if (found !== 1)
    throw new Error(`${name}: expected once in ${file}, found ${found} times: ${find}`);
  writeFileSync(
    path,
    before.replace(find, () => replace),
  );
  return () => {
    writeFileSync(path, before);
  };
}
