import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { passCrashPoint } from '../crash-points.js';

/**
 * Writes a whole file that is there after a crash either as it was or as it is now: temp file beside
 * it, fsync, rename, fsync of the folder. Mode 0600.
 */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const temp = `${path}.${process.pid}-${(serial += 1)}.tmp`;
  try {
    const file = await open(temp, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    passCrashPoint('before rename', basename(path));
    await rename(temp, path);
    passCrashPoint('after rename', basename(path));
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
  await syncPath(dirname(path));
}

let serial = 0;

/** Makes a file's bytes, or a rename in a folder, last over a power cut. */
export async function syncPath(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
