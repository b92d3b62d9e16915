import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunTrialResult } from '../../activities/contracts.js';
import { makeRun } from '../../workflows/trial.fixture.js';
import { addLink, describeDamage, verifyChain } from './chain.js';
import type { Connection } from './connection.js';
import { damageRows, withoutTriggers } from './damage.fixture.js';
import { addToJournal } from './journal.js';
import { type Ledger, ledgerFileName, openLedger } from './ledger.js';
import { appendEvent } from './optimizer-log.js';
import { insertSweep } from './sweeps.js';
import { chargeTrial, completeTrial, failTrial, insertTrial, markHandedOut } from './trials.js';

let folder: string;
let ledger: Ledger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chain-'));
  ledger = openLedger(folder, { mode: 'write' });
  ledger.transact(fill);
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const result: RunTrialResult = {
  report: {
    split: 'search',
    scores: [
      { task: 't', metric: 'acc,none', value: 0.1 + 0.2, documents: 3, higherIsBetter: true },
    ],
    documents: [
      {
        task: 't',
        metric: 'acc,none',
        count: 3,
        encoding: 'bits',
        values: 'H4s',
        documentsHash: 'd',
      },
    ],
    taskHashes: {},
    taskVersions: {},
  },
  node: 'n',
  attempt: 1,
  seconds: { merge: 1, evaluate: 2 },
  deviceClass: 'cpu',
  versions: {},
  workDir: '/w',
};

/** Two complete trials, a failed one, events, an entry of the journal. */
function fill(db: Connection): void {
  insertSweep(db, {
    name: 'demo',
    specText: 't',
    specPath: '/s.yaml',
    specHash: 'h',
    maxTrials: 5,
    createdAt: 'now',
  });
  for (const trial of ['1', '2', '3']) {
    insertTrial(db, { input: { ...makeRun(trial), sweep: 'demo' }, proposedAt: 'now' });
    appendEvent(db, 'demo', { kind: 'ask', trial });
  }
  for (const trial of ['1', '2']) {
    completeTrial(db, 'demo', trial, { result, fitness: 0.3, at: 'now' });
    appendEvent(db, 'demo', { kind: 'tell', trial, fitness: 0.3 });
  }
  failTrial(db, 'demo', '3', {
    failure: { class: 'crash', reason: 'it broke', stage: 'merge', attempt: 1 },
    at: 'now',
  });
  addToJournal(db, 'demo', { kind: 'extend', detail: { trials: 2 }, at: 'now' });
}

function damage(sql: string): void {
  ledger.close();
  damageRows(join(folder, ledgerFileName), sql);
}

const verify = (last?: number) => {
  const raw = new Database(join(folder, ledgerFileName), { readonly: true });
  try {
    return verifyChain(raw, last);
  } finally {
    raw.close();
  }
};

describe('verifyChain', () => {
  it('finds every accepted row linked, and nothing damaged', () => {
    // 2 trials, 5 events, 1 failure, 1 entry.
    expect(verify()).toEqual({ links: 9, damage: [] });
    expect(verify(3)).toEqual({ links: 3, damage: [] });
  });

  it.each([
    ["UPDATE scores SET value = 0.30000000000000010 WHERE trial = '1'", 'trial', '1'],
    ["UPDATE scores SET stderr = 0.1 WHERE trial = '2'", 'trial', '2'],
    ["UPDATE documents SET document_values = 'H4t' WHERE trial = '2'", 'trial', '2'],
    ["DELETE FROM documents WHERE trial = '1'", 'trial', '1'],
    ["UPDATE trials SET fitness = 0.4 WHERE trial = '1'", 'trial', '1'],
    ["UPDATE trials SET node = 'm' WHERE trial = '1'", 'trial', '1'],
    [`UPDATE optimizer_events SET payload = '{"fitness":0.4}' WHERE sequence = 4`, 'event', '4'],
    ["UPDATE failures SET class = 'hang'", 'failure', '1'],
    [`UPDATE journal SET detail = '{"trials":3}'`, 'journal', '1'],
  ])('names the row after %s', (sql, kind, key) => {
    damage(sql);
    expect(verify().damage).toEqual([
      { sweep: 'demo', kind, key, what: 'is not what was accepted' },
    ]);
  });

  it('vouches for every column of a trial but those that change after it was accepted', () => {
    ledger.transact((db) => {
      insertTrial(db, { input: { ...makeRun('4'), sweep: 'demo' }, proposedAt: 'now' });
      markHandedOut(db, 'demo', '4', { at: 'then' });
      chargeTrial(db, 'demo', '4', 2);
      completeTrial(db, 'demo', '4', { result, fitness: 0.3, at: 'now' });
    });
    const raw = new Database(join(folder, ledgerFileName));
    raw.pragma('ignore_check_constraints = ON');
    raw.pragma('foreign_keys = OFF');
    const columns = raw.pragma('table_info(trials)') as { name: string; type: string }[];
    const isUnnoticed = ({ name, type }: { name: string; type: string }): boolean => {
      const other = type === 'TEXT' ? `'x' || coalesce(${name}, '')` : `coalesce(${name}, 0) + 1`;
      raw.exec('BEGIN');
      raw.exec(`UPDATE trials SET ${name} = ${other} WHERE trial = '4'`);
      const { damage } = verifyChain(raw);
      raw.exec('ROLLBACK');
      return damage.length === 0;
    };
    const unnoticed = withoutTriggers(raw, () => columns.filter(isUnnoticed));
    raw.close();
    // Set after the acceptance, or nothing that a complete trial has or needs.
    expect(unnoticed.map(({ name }) => name)).toEqual([
      'handed_out',
      'failure',
      'is_divergent',
      'is_kept',
      'lease',
    ]);
  });

  it('tells of a link whose kind is none, and reads on', () => {
    damage(
      "PRAGMA ignore_check_constraints = ON; UPDATE chain SET kind = 'trjal' WHERE sequence = 1",
    );
    const { links, damage: found } = verify();
    expect(links).toBe(9);
    expect(found[0]).toMatchObject({ kind: 'trjal', what: 'is gone' });
  });

  it('notices a row that is gone, and one that nobody accepted', () => {
    damage(`DELETE FROM optimizer_events WHERE sequence = 5;
      INSERT INTO failures (sweep, trial, class, failure, recorded_at) VALUES ('demo', '3', 'hang', '{}', 'now')`);
    const { damage: found } = verify();
    expect(found).toEqual([
      { sweep: 'demo', kind: 'event', key: '5', what: 'is gone' },
      { sweep: 'demo', kind: 'failure', key: '2', what: 'was never accepted: it has no link' },
    ]);
    expect(describeDamage(found)).toBe(
      'event 5 of sweep demo is gone; failure 2 of sweep demo was never accepted: it has no link',
    );
  });

  it('notices links that were changed, exchanged or taken out', () => {
    damage(`UPDATE chain SET row_sha256 = '${'0'.repeat(64)}' WHERE sequence = 2`);
    expect(verify().damage.map(({ what }) => what)).toEqual([
      'is not what was accepted',
      'has a link that does not follow from the one before',
    ]);
    damage('DELETE FROM chain WHERE sequence = 4');
    expect(verify().damage.map(({ what }) => what)).toContain('comes after link 3: links are gone');
  });

  it('notices what was copied from another ledger', () => {
    damage(`UPDATE ledger SET id = '${'x'.repeat(36)}'`);
    expect(verify().damage.length).toBe(1);
  });

  it('ends where the links lead back to one before', () => {
    const texts = ledger.transact((db) => {
      for (let at = 0; at < 120; at++)
        addToJournal(db, 'demo', { kind: 'extend', detail: {}, at: 'now' });
      return db
        .prepare('SELECT sweep || kind || key || row_sha256 FROM chain WHERE sequence = 100')
        .pluck()
        .get();
    });
    ledger.close();
    const path = join(folder, ledgerFileName);
    const bytes = readFileSync(path);
    // The row's texts follow its number and the nine bytes of its header.
    const number = bytes.indexOf(String(texts)) - 10;
    expect(bytes[number]).toBe(100);
    bytes[number] = 0;
    writeFileSync(path, bytes);
    expect(verify().damage.map(({ what }) => what)).toContain(
      'comes after link 99: links are gone',
    );
  });

  it('accepts no second link of a row', () => {
    expect(() => {
      ledger.transact((db) => {
        addLink(db, 'demo', 'trial', '1');
      });
    }).toThrow('UNIQUE constraint failed');
  });
});
