import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLedger } from '../store/ledger.js';
import { acquireWriterLock, isLockHeld } from '../store/writer-lock.js';
import { runFake } from './cli.fixture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recover-verb-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const recover = (...words: string[]) => runFake(['recover', '--results', folder, ...words]);

it('builds a lost ledger anew and says what it found', async () => {
  const ledger = openLedger(folder, { mode: 'write' });
  const { ledgerId } = ledger;
  ledger.close();
  rmSync(join(folder, 'ledger.sqlite'));
  const { out, exitCode } = await recover('--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ version: 1, ledgerId, lostLines: 0, sweeps: [] });
  const again = await recover();
  expect(again.exitCode).toBe(1);
  expect(again.err).toContain('error ledger_healthy');
  rmSync(join(folder, 'ledger.sqlite'));
  expect((await recover()).out).toContain('is built anew from');
});

it('refuses under a process that writes the folder, and a folder that is not there', async () => {
  const lock = acquireWriterLock(folder);
  if (isLockHeld(lock)) throw new Error('nobody else holds it');
  expect((await recover()).err).toContain('error writer_holds');
  lock.release();
  expect((await recover()).err).toContain('error recovery_missing');
  const { err } = await runFake(['recover', '--results', join(folder, 'none')]);
  expect(err).toContain('error recovery_missing');
});
