import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { passCrashPoint } from '../crash-points.js';
import { makeFolder, syncPath } from './durable-folder.js';

const partialEnd = '.partial';

/**
 * Replaces `path` as a whole: a reader, or a crash, sees the old text or the new one, never a part; after
 * the return also a power cut leaves the new one.
 */
export function writeFileAtomically(path: string, text: string): void {
  makeFolder(dirname(path));
  const partial = `${path}.${process.pid}${partialEnd}`;
  try {
    const file = openSync(partial, 'w', 0o600);
    try {
      // Not writeSync: a disk that is nearly full takes a part of it, and says no error.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    passCrashPoint('before rename', basename(path));
    renameSync(partial, path);
    passCrashPoint('after rename', basename(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw nameFile(error, path);
  }
  syncPath(dirname(path));
}

/**
 * Deletes what writers that died left half-written in a folder; nobody may be writing there.
 *
 * @param recursive also in the folders below. @default true
 */
export function removePartialFiles(folder: string, { recursive = true } = {}): void {
  for (const name of readdirSync(folder, { recursive, encoding: 'utf8' })) {
    if (name.endsWith(partialEnd)) rmSync(join(folder, name), { force: true });
  }
}

/** What the system says of a descriptor names no file. */
function nameFile(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || 'path' in error) return error;
  const { code } = error;
  return Object.assign(new Error(`${error.message} '${path}'`, { cause: error }), { code, path });
}
