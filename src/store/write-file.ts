import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { passCrashPoint } from '../crash-points.js';

/** Replaces `path` as a whole: a reader, or a crash, sees the old text or the new one, never a part. */
export function writeFileAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = openSync(partial, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    passCrashPoint('before rename', basename(path));
    renameSync(partial, path);
    passCrashPoint('after rename', basename(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
