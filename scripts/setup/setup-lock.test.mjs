import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireSetupLock } from './setup-lock.mjs';

const newFolder = () => mkdtempSync(join(tmpdir(), 'setup-lock-'));

it('takes over from a set-up that died', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'lock'), '4194399'); // beyond Linux's highest process id
  const release = await acquireSetupLock(folder, () => {});
  release();
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it('waits for one that runs, and says so once', async () => {
  const folder = newFolder();
  const releaseFirst = await acquireSetupLock(folder, () => {});
  const said = [];
  const second = acquireSetupLock(folder, (text) => {
    said.push(text);
    releaseFirst();
  });
  (await second)();
  expect(said).toHaveLength(1);
});
