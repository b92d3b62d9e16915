import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerError } from '../errors.js';
import type { Connection } from './connection.js';
import { type Ledger, ledgerFileName, openLedger } from './ledger.js';
import { migrate, schemaVersion } from './migrate.js';
import { initial } from './migrations/0001-initial.js';

let folder: string;
let open: { close(): void }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  open = [];
});
afterEach(() => {
  for (const ledger of open) ledger.close();
  rmSync(folder, { recursive: true });
});

const pragma = (db: Connection, name: string): unknown => db.pragma(name, { simple: true });

function openWriter(): Ledger {
  const ledger = openLedger(folder, { mode: 'write' });
  open.push(ledger);
  return ledger;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

describe('migrate', () => {
  it('copies an older ledger aside before it takes it forward', () => {
    openLedger(folder, { mode: 'write' }).close();
    const path = join(folder, ledgerFileName);
    const db = new Database(path);
    open.push(db);
    migrate(db, path, new Date(5), [
      ...Array<string>(schemaVersion).fill(''),
      'CREATE TABLE later (x INTEGER) STRICT',
    ]);
    expect(pragma(db, 'user_version')).toBe(schemaVersion + 1);
    const copy = new Database(join(folder, `${ledgerFileName}.v${schemaVersion}-5`));
    open.push(copy);
    expect(pragma(copy, 'user_version')).toBe(schemaVersion);
  });

  it('takes a ledger of version 1 forward with every trial, score and reference', () => {
    const path = join(folder, ledgerFileName);
    const old = new Database(path);
    migrate(old, path, new Date(1), [initial]);
    old.exec(`
      INSERT INTO sweeps (name, spec_text, spec_path, spec_hash, state, max_trials, created_at)
      VALUES ('demo', 'text', '/demo.yaml', 'h', 'running', 3, 't');
      INSERT INTO trials (sweep, trial, kind, ordinal, state, input, fitness, node, proposed_at)
      VALUES ('demo', '1', 'search', 1, 'complete', '{"trial":"1"}', 0.5, 'n', 't');
      INSERT INTO scores VALUES ('demo', '1', 'search', 'shift', 'acc,none', 0.5, NULL, 8, 1);
      INSERT INTO failures (sweep, trial, class, failure, recorded_at)
      VALUES ('demo', '1', 'crash', '{}', 't');
    `);
    old.close();
    const ledger = openWriter();
    expect(ledger.getTrial('demo', '1')).toMatchObject({ fitness: 0.5, node: 'n', kind: 'search' });
    expect(ledger.getTrial('demo', '1')).not.toHaveProperty('mode');
    expect(ledger.listScores('demo', '1')).toHaveLength(1);
    const refused = (sql: string) => codeOf(() => ledger.transact((db) => db.exec(sql)));
    // References and triggers are those of the new table.
    expect(refused("UPDATE trials SET fitness = 1 WHERE trial = '1'")).toBe('ledger_refused');
    expect(refused('DELETE FROM trials')).toBe('ledger_refused');
    expect(
      refused("INSERT INTO scores VALUES ('demo', '9', 'search', 't', 'm', 1, NULL, 8, 1)"),
    ).toBe('ledger_refused');
    expect(readdirSync(folder).some((name) => name.startsWith(`${ledgerFileName}.v1-`))).toBe(true);
  });

  it('takes a step back as a whole when it fails', () => {
    openLedger(folder, { mode: 'write' }).close();
    const path = join(folder, ledgerFileName);
    const db = new Database(path);
    open.push(db);
    const steps = [...Array<string>(schemaVersion).fill(''), 'CREATE TABLE a (x); nonsense'];
    expect(() => {
      migrate(db, path, new Date(5), steps);
    }).toThrow('nonsense');
    expect(pragma(db, 'user_version')).toBe(schemaVersion);
    expect(() => db.prepare('SELECT * FROM a')).toThrow('no such table');
  });
});
