import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePrivateFolder } from './private-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

it('makes a folder that only its owner enters, whatever the umask', () => {
  const before = process.umask(0);
  try {
    makePrivateFolder(join(folder, 'a', 'b'));
  } finally {
    process.umask(before);
  }
  expect([modeOf(join(folder, 'a')), modeOf(join(folder, 'a', 'b'))]).toEqual(['700', '700']);
});

it.each(['empty', 'README.md', 'ledger.sqlite', 'node.lock'])(
  'closes a folder of ours that was there before: %s',
  (name) => {
    const path = join(folder, 'results');
    mkdirSync(path);
    if (name !== 'empty') writeFileSync(join(path, name), '');
    chmodSync(path, 0o775);
    makePrivateFolder(path);
    expect(modeOf(path)).toBe('700');
  },
);

it('takes only the writing of others from a folder that holds other things too', () => {
  writeFileSync(join(folder, 'thesis.tex'), '');
  chmodSync(folder, 0o777);
  makePrivateFolder(folder);
  expect(modeOf(folder)).toBe('755');
});

it('refuses a folder that is shared by design', () => {
  chmodSync(folder, 0o1777);
  expect(() => {
    makePrivateFolder(folder);
  }).toThrow(/Name a folder of your own/);
  expect(modeOf(folder)).toBe('1777');
});

it('refuses a folder below one where everybody may replace it', () => {
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(() => {
    makePrivateFolder(join(open, 'a', 'results'));
  }).toThrow(/chmod o-w .*open, or name a folder elsewhere/);
});
