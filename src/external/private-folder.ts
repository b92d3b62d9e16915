import { chmodSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors.js';

/** What tells a folder of ours, beside an empty one: what `results/` and a node's work folder hold. */
const marks = ['ledger.sqlite', 'writer.lock', 'node.lock'];
const strangersAllowed = new Set(['README.md', '.gitignore']);

/**
 * Makes the folder where it is missing, and sees to it that other users of the machine can't write
 * into it: a file or link of theirs would stand for ours. A folder of ours alone is theirs to read
 * neither.
 * @throws UsageError `shared_folder` where that can't be had
 */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  refuseOpenParents(realpathSync(path));
  const { mode, uid } = statSync(path);
  const isOurs = process.getuid === undefined || uid === process.getuid();
  const isOpen = (mode & 0o022) !== 0;
  // A sticky folder is shared by design (/tmp); it must stay that.
  if (isOpen && (!isOurs || (mode & 0o1000) !== 0))
    throw new UsageError(
      'shared_folder',
      `Other users may write into ${path}: what they put there would be taken for mergesweep's own. Name a folder of your own, for instance ${path}/mergesweep-${process.getuid?.() ?? 'mine'}.`,
    );
  if (!isOurs) return;
  const names = readdirSync(path);
  const isOursAlone =
    names.some((name) => marks.includes(name)) || names.every((name) => strangersAllowed.has(name));
  if (isOursAlone && (mode & 0o077) !== 0) chmodSync(path, 0o700);
  else if (isOpen) chmodSync(path, mode & 0o755);
}

/** Where everybody may write, and take away what is not theirs, a folder can be put in the place of ours. */
function refuseOpenParents(path: string): void {
  for (let parent = dirname(path); parent !== dirname(parent); parent = dirname(parent)) {
    const { mode } = statSync(parent);
    if ((mode & 0o1002) === 0o002)
      throw new UsageError(
        'shared_folder',
        `Every user may write into ${parent}, and put another folder in the place of ${path}: chmod o-w ${parent}, or name a folder elsewhere.`,
      );
  }
}
