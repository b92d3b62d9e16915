/** The embedded server's log file, kept small. */
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** The server logs warnings only: this is months of them. */
const maxBytes = 8 * 1024 * 1024;

/** Moves a log that has grown to `<path>.1`, over the one before. */
export function rotateLog(path: string, limit: number = maxBytes): void {
  if (existsSync(path) && statSync(path).size > limit) renameSync(path, `${path}.1`);
}

/** The last `bytes` of a file, trimmed; empty when there is none. */
export function readTail(path: string, bytes = 2_000): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const { size } = statSync(path);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trim();
  } finally {
    closeSync(file);
  }
}
