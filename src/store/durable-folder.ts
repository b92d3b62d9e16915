import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder, and those above it, mode 0700, so that they are still there after a power cut. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const end = dirname(first);
  for (let above = dirname(path); ; above = dirname(above)) {
    syncPath(above);
    if (above === end || above === dirname(above)) return;
  }
}

/** The bytes of a file, or what was created, renamed and deleted in a folder, last over a power cut. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
