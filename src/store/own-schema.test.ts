import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectLedger } from './inspect-ledger.js';
import { ledgerFileName, openLedger, openLedgerReader } from './ledger.js';
import { findLedgerDamage } from './recover-ledger.js';

let folder: string;
const path = (): string => join(folder, ledgerFileName);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-schema-'));
  openLedger(folder, { mode: 'write' }).close();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** In every page that has it. */
function flip(text: string, into: string): void {
  const bytes = readFileSync(path(), 'latin1');
  expect(bytes).toContain(text);
  writeFileSync(path(), bytes.replaceAll(text, into), 'latin1');
}

const ways = {
  'a writer': () => openLedger(folder, { mode: 'write' }),
  'a reader': () => openLedgerReader(folder),
  doctor: () => inspectLedger(folder, () => undefined),
};

describe.each(Object.entries(ways))('a ledger with another schema, to %s', (_, open) => {
  it.each([
    ['a column has another name', 'value            REAL', 'vAlue            REAL', 'table scores'],
    [
      'a check lets more pass',
      'CHECK (value BETWEEN -1e300',
      'CHECK (value BETWEEN -9e300',
      'table scores',
    ],
    [
      'a trigger has another name',
      'TRIGGER scores_are_final',
      'TRIGGER scores_are_fInal',
      'trigger scores_are_final of scores',
    ],
  ])('is broken where %s', (_case, text, into, name) => {
    flip(text, into);
    expect(open).toThrow(
      expect.objectContaining({
        code: 'ledger_corrupt',
        message: expect.stringContaining(`its ${name} is not as it was made`) as string,
      }) as Error,
    );
    expect(findLedgerDamage(path())).toContain(name);
  });

  it.each([
    ['DROP TRIGGER trials_stay', 'its trigger trials_stay of trials is gone'],
    ['CREATE TABLE more (x)', 'its table more is none of ours'],
    [
      'CREATE TRIGGER more AFTER INSERT ON scores BEGIN DELETE FROM trials; END',
      'its trigger more of scores is none of ours',
    ],
    ['DELETE FROM ledger', 'its table ledger is empty'],
  ])('is broken after %s', (sql, what) => {
    const raw = new Database(path());
    raw.exec(sql);
    raw.close();
    expect(open).toThrow(what);
    expect(findLedgerDamage(path())).toContain(what);
  });
});

it('lets a view, an index and statistics be, which somebody added to look at a ledger', () => {
  const raw = new Database(path());
  raw.exec(
    'CREATE VIEW best AS SELECT max(fitness) FROM trials; CREATE INDEX mine ON scores (task)',
  );
  raw.exec('ANALYZE');
  raw.close();
  expect(inspectLedger(folder, () => undefined)?.wrong).toEqual([]);
});
