import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { acquireExclusiveLock, type ExclusiveLock } from './exclusive-lock.js';
import { removePartialFiles, writeFileAtomically } from './write-file.js';

/** Who writes the results folder: what a second `run` needs to hand its sweep over. */
export interface WriterDescription {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, for display only. */
  readonly startedAt: string;
  readonly temporalAddress?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
  /** GPU pool of its nodes, where it has a name. */
  readonly pool?: string;
}

export interface WriterLock extends ExclusiveLock {
  /** Tells later comers who holds the lock, in `writer.json`. */
  describe(description: WriterDescription): void;
}

/** Somebody else writes the folder; `holder` is undefined until they have described themselves. */
export interface WriterLockHeld {
  readonly holder: WriterDescription | undefined;
}

export function isLockHeld(lock: WriterLock | WriterLockHeld): lock is WriterLockHeld {
  return 'holder' in lock;
}

/**
 * Makes this process the only writer of `resultsDir`, or says who is. The descriptions in
 * `writer.json` can be stale and mean nothing without the lock.
 */
export function acquireWriterLock(resultsDir: string): WriterLock | WriterLockHeld {
  const lock = acquireExclusiveLock(join(resultsDir, 'writer.lock'));
  const described = join(resultsDir, 'writer.json');
  if (lock === undefined) return { holder: readDescription(described) };
  try {
    // They may be from a holder that was killed.
    rmSync(described, { force: true });
    removePartialFiles(resultsDir, { recursive: false });
  } catch (error) {
    lock.release();
    throw error;
  }
  let isReleased = false;
  return {
    describe: (description) => {
      writeFileAtomically(described, `${JSON.stringify(description, undefined, 2)}\n`);
    },
    release: () => {
      if (isReleased) return;
      isReleased = true;
      try {
        rmSync(described, { force: true });
      } finally {
        lock.release();
      }
    },
  };
}

function readDescription(path: string): WriterDescription | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WriterDescription;
  } catch {
    return undefined;
  }
}
