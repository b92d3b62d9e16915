import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireWriterLock, isLockHeld, type WriterLock } from './writer-lock.js';

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const description = { pid: 7, host: 'here', startedAt: '2026-01-01T00:00:00.000Z' };

function acquire(): WriterLock {
  const lock = acquireWriterLock(folder);
  if (isLockHeld(lock)) throw new Error('the lock is held');
  return lock;
}

/** A process that holds the lock the way `acquireWriterLock` does, and says so. */
async function holdInAnotherProcess(): Promise<ChildProcess> {
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const db = new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(join(folder, 'writer.lock'))});
       db.exec('BEGIN EXCLUSIVE'); console.log('held'); process.stdin.resume();`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

it('gives the lock to one, and tells the second who holds it', () => {
  const lock = acquire();
  lock.describe({ ...description, temporalAddress: 'localhost:7233', taskQueue: 'q' });
  expect(acquireWriterLock(folder)).toEqual({
    holder: { ...description, temporalAddress: 'localhost:7233', taskQueue: 'q' },
  });
  lock.release();
  acquire().release();
});

it('does not name a former holder while the new one has not described itself', () => {
  const first = acquire();
  first.describe(description);
  first.release();
  const second = acquire();
  expect(acquireWriterLock(folder)).toEqual({ holder: undefined });
  second.release();
});

it('can be released twice and leaves no description behind', () => {
  const lock = acquire();
  lock.describe(description);
  lock.release();
  lock.release();
  expect(existsSync(join(folder, 'writer.json'))).toBe(false);
});

it('is free again when it could not be described as free', () => {
  const described = join(folder, 'writer.json');
  mkdirSync(join(described, 'not a file'), { recursive: true });
  expect(() => acquireWriterLock(folder)).toThrow();
  rmSync(described, { recursive: true });
  const lock = acquire();
  mkdirSync(join(described, 'not a file'), { recursive: true });
  expect(() => {
    lock.release();
  }).toThrow();
  rmSync(described, { recursive: true });
  acquire().release();
});

it('clears a description that a killed holder left half-written', () => {
  writeFileSync(join(folder, 'writer.json.4711.partial'), '{"pid"');
  acquire().release();
  expect(readdirSync(folder)).toEqual(['writer.lock']);
});

it('is free again when its holder was killed with SIGKILL', async () => {
  const child = await holdInAnotherProcess();
  expect(isLockHeld(acquireWriterLock(folder))).toBe(true);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  acquire().release();
});
