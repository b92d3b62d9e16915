import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { passCrashPoint } from '../crash-points.js';
import { parseLine, type RecoveryLine } from './recovery-lines.js';

export const recoveryFileName = 'recovery.jsonl';

export function recoveryPath(resultsDir: string): string {
  return join(resultsDir, recoveryFileName);
}

/** The last whole line of the log, and where it ends; undefined where there is none. */
export interface LogTail {
  readonly line: RecoveryLine;
  /** In bytes: what stands behind it is torn. */
  readonly end: number;
}

const pageBytes = 1024 * 1024;
const newline = 10;

/** Reads from the end: a long log costs no more than a short one. */
export function readTail(path: string): LogTail | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.alloc(0);
    let start = fstatSync(file).size;
    let end = -1;
    for (;;) {
      // The end of the line that is looked at, and of the one before it.
      if (end < 0) end = buffer.lastIndexOf(newline);
      const before = end <= 0 ? -1 : buffer.lastIndexOf(newline, end - 1);
      if (before < 0 && start > 0) {
        const length = Math.min(pageBytes, start);
        start -= length;
        const page = Buffer.alloc(length);
        readSync(file, page, 0, length, start);
        buffer = Buffer.concat([page, buffer]);
        if (end >= 0) end += length;
        continue;
      }
      if (end < 0) return undefined;
      const line = parseLine(buffer.toString('utf8', before + 1, end));
      if (line !== undefined) return { line, end: start + end + 1 };
      if (before < 0) return undefined;
      end = before;
    }
  } finally {
    closeSync(file);
  }
}

/** Writes `text` at `offset`, in one write, and cuts off what stood behind; on the disk on return. */
export function writeAt(path: string, offset: number, text: string): number {
  const file = openSync(path, existsSync(path) ? 'r+' : 'w', 0o600);
  try {
    const bytes = Buffer.from(text, 'utf8');
    if (fstatSync(file).size !== offset) ftruncateSync(file, offset);
    for (let done = 0; done < bytes.length;)
      done += writeSync(file, bytes, done, bytes.length - done, offset + done);
    fsyncSync(file);
    passCrashPoint('after commit', recoveryFileName);
    return offset + bytes.length;
  } finally {
    closeSync(file);
  }
}

/** Out of the way, never deleted. @returns where it is now */
export function setAside(path: string, word: string): string {
  let number = 1;
  while (existsSync(`${path}.${word}-${number}`)) number += 1;
  const aside = `${path}.${word}-${number}`;
  renameSync(path, aside);
  return aside;
}
