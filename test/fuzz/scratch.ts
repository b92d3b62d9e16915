import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where that can be: a case is a handful of files. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const prefixOf = (parent: number): string => `mergesweep-fuzz-${parent}-`;

/** A folder of this process, which its parent removes. */
export function createScratch(): string {
  return mkdtempSync(join(root, prefixOf(process.ppid)));
}

/** Those of this process, and of fuzzers that were killed. */
export function removeScratch(): void {
  for (const name of readdirSync(root)) {
    const parent = Number(/^mergesweep-fuzz-(\d+)-/.exec(name)?.[1]);
    if (parent === process.pid || (parent > 0 && !isAlive(parent)))
      rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
