import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunTrialInput } from '../../activities/contracts.js';
import { LedgerError } from '../errors.js';
import type { Connection } from './connection.js';
import { type Ledger, ledgerFileName, openLedger, openLedgerReader } from './ledger.js';
import { schemaVersion } from './migrate.js';
import { refuseNetworkFileSystem } from './network-file-system.js';
import { appendEvent, listEvents } from './optimizer-log.js';
import { renderSchema } from './render-schema.js';
import { insertReport } from './scores.js';
import { insertSweep } from './sweeps.js';
import { completeTrial, failTrial, insertTrial, markHandedOut } from './trials.js';

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

const input = (trial: string): RunTrialInput => ({
  ledgerId: 'l',
  sweep: 'demo',
  trial,
  kind: 'search',
  subject: { kind: 'model', label: 'base', model: '/m' },
  mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
  evaluation: { split: 'search', tasks: [], model: 'hf', modelArgs: {}, batchSize: 1, args: {} },
  limits: { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 1 },
  maxAttempts: 1,
  workKey: 'k',
});

function addTrial(ledger: Ledger, trial = '1'): void {
  ledger.transact((db) => {
    if (ledger.getSweep('demo') === undefined) {
      insertSweep(db, {
        name: 'demo',
        specText: 't',
        specPath: '/s.yaml',
        specHash: 'h',
        maxTrials: 5,
        createdAt: 'now',
      });
    }
    insertTrial(db, { input: input(trial), proposedAt: 'now', params: { w: 0.1 + 0.2 } });
  });
}

function score(db: Connection, value: number): void {
  insertReport(db, 'demo', '1', {
    split: 'search',
    scores: [{ task: 't', metric: 'acc,none', value, documents: 3, higherIsBetter: true }],
    documents: [],
    taskHashes: {},
    taskVersions: {},
  });
}

const pragma = (db: Connection, name: string): unknown => db.pragma(name, { simple: true });

describe('openLedger', () => {
  it('is as durable after the second opening as after the first', () => {
    for (let opening = 0; opening < 2; opening++) {
      const ledger = openLedger(folder, { mode: 'write' });
      const settings = ledger.transact((db) => ({
        synchronous: pragma(db, 'synchronous'),
        journal: pragma(db, 'journal_mode'),
        foreignKeys: pragma(db, 'foreign_keys'),
        trusted: pragma(db, 'trusted_schema'),
        cells: pragma(db, 'cell_size_check'),
      }));
      ledger.close();
      expect(settings).toEqual({
        synchronous: 2,
        journal: 'wal',
        foreignKeys: 1,
        trusted: 0,
        cells: 1,
      });
    }
  });

  it('gives a ledger an id of its own that stays', () => {
    const first = openWriter().ledgerId;
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(openLedgerReader(folder).ledgerId).toBe(first);
  });

  it('lets only its owner read the file, and leaves it and its log behind after a clean end', () => {
    const ledger = openLedger(folder, { mode: 'write' });
    addTrial(ledger);
    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o077)).toEqual(
      readdirSync(folder).map(() => 0),
    );
    ledger.close();
    expect(readdirSync(folder)).toEqual([ledgerFileName, 'recovery.jsonl']);
  });

  it('creates the folder for its owner alone', () => {
    const inner = join(folder, 'results');
    openLedger(inner, { mode: 'write' }).close();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
  });

  it('refuses to write a newer ledger and names both versions', () => {
    openLedger(folder, { mode: 'write' }).close();
    const raw = new Database(join(folder, ledgerFileName));
    raw.pragma('user_version = 99');
    raw.close();
    expect(() => openLedger(folder, { mode: 'write' })).toThrow(
      `schema version 99, this mergesweep writes version ${schemaVersion}`,
    );
  });

  it("refuses another program's SQLite file and leaves it as it was", () => {
    const raw = new Database(join(folder, ledgerFileName));
    raw.exec('CREATE TABLE theirs (x)');
    raw.close();
    expect(codeOf(() => openLedger(folder, { mode: 'write' }))).toBe('ledger_foreign');
    const again = new Database(join(folder, ledgerFileName));
    expect(pragma(again, 'journal_mode')).toBe('delete');
    again.close();
  });

  it('refuses a file that is no database', () => {
    writeFileSync(
      join(folder, ledgerFileName),
      'not a database at all, but long enough'.repeat(99),
    );
    expect(codeOf(() => openLedger(folder, { mode: 'write' }))).toBe('ledger_corrupt');
  });

  it('says that it is corrupt where a row is no JSON any more', () => {
    const ledger = openWriter();
    addTrial(ledger);
    const raw = new Database(join(folder, ledgerFileName));
    raw.pragma('ignore_check_constraints = ON');
    raw.exec("UPDATE trials SET input = '{'");
    raw.close();
    expect(codeOf(() => ledger.listTrials('demo'))).toBe('ledger_corrupt');
    expect(codeOf(() => openLedgerReader(folder).getTrial('demo', '1'))).toBe('ledger_corrupt');
  });

  it('says that it is corrupt where a page breaks while it is looked at', () => {
    const ledger = openLedger(folder, { mode: 'write' });
    addTrial(ledger);
    const root = ledger.transact((db) =>
      db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'failures'").pluck().get(),
    );
    ledger.close();
    const file = openSync(join(folder, ledgerFileName), 'r+');
    writeSync(file, Buffer.alloc(4096), 0, 4096, (Number(root) - 1) * 4096);
    closeSync(file);
    const again = openWriter();
    expect(
      codeOf(() => {
        for (const _ of again.verify());
      }),
    ).toBe('ledger_corrupt');
  });

  it('says that it is corrupt where an index serves another number than its row has', () => {
    const ledger = openLedger(folder, { mode: 'write' });
    for (const trial of ['1', '2', '3']) addTrial(ledger, trial);
    const root = ledger.transact((db) =>
      db
        .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_trials_2'")
        .pluck()
        .get(),
    );
    ledger.close();
    const path = join(folder, ledgerFileName);
    const bytes = readFileSync(path);
    // The sweep and the ordinal of the newest trial.
    const ordinal = bytes.indexOf('demo', (Number(root) - 1) * 4096) + 4;
    expect(bytes[ordinal]).toBe(3);
    bytes[ordinal] = 7;
    writeFileSync(path, bytes);
    const again = openWriter();
    expect(again.listTrials('demo').at(-1)?.ordinal).toBe(7);
    expect(
      codeOf(() => {
        for (const _ of again.verify());
      }),
    ).toBe('ledger_corrupt');
  });

  it('refuses a network file system by name', () => {
    expect(() => {
      refuseNetworkFileSystem('/mnt/team', () => 0x6969);
    }).toThrow('/mnt/team lies on NFS');
    expect(() => {
      refuseNetworkFileSystem(folder);
    }).not.toThrow();
  });
});

describe('openLedgerReader', () => {
  it('says which folder holds no ledger and what to run', () => {
    expect(() => openLedgerReader(folder)).toThrow(
      `no sweep has been run in ${folder} (ledger.sqlite is not there); start one with \`mergesweep run`,
    );
  });

  it('reads while a writer lives, and sees what it commits', () => {
    const ledger = openWriter();
    const reader = openLedgerReader(folder);
    open.push(reader);
    expect(reader.listSweeps()).toEqual([]);
    addTrial(ledger);
    expect(reader.getTrial('demo', '1')?.params).toEqual({ w: 0.1 + 0.2 });
  });

  it('reads after the writer has gone', () => {
    const ledger = openLedger(folder, { mode: 'write' });
    addTrial(ledger);
    ledger.close();
    const reader = openLedgerReader(folder);
    open.push(reader);
    expect(reader.listTrials('demo').map(({ trial }) => trial)).toEqual(['1']);
  });

  it('can not be blocked by, and does not see, a transaction that is under way', () => {
    const ledger = openWriter();
    addTrial(ledger);
    const reader = openLedgerReader(folder);
    open.push(reader);
    ledger.transact((db) => {
      markHandedOut(db, 'demo', '1', { at: 'now' });
      insertTrial(db, { input: input('2'), proposedAt: 'now' });
      expect(reader.listTrials('demo')).toHaveLength(1);
    });
    expect(reader.listTrials('demo')).toHaveLength(2);
  });
});

describe('transact', () => {
  it('takes all of a transaction back when it fails', () => {
    const ledger = openWriter();
    addTrial(ledger);
    expect(() => {
      ledger.transact((db) => {
        insertTrial(db, { input: input('2'), proposedAt: 'now' });
        throw new Error('stop');
      });
    }).toThrow('stop');
    expect(ledger.listTrials('demo')).toHaveLength(1);
  });

  it('refuses a score that is not a finite number', () => {
    const ledger = openWriter();
    addTrial(ledger);
    for (const value of [Number.NaN, Infinity, -Infinity, 1.1e300]) {
      expect(
        codeOf(() => {
          ledger.transact((db) => {
            score(db, value);
          });
        }),
      ).toBe('ledger_refused');
    }
    expect(ledger.listScores('demo')).toEqual([]);
  });

  it('never changes or deletes what was accepted', () => {
    const ledger = openWriter();
    addTrial(ledger);
    ledger.transact((db) => {
      score(db, 0.5);
      appendEvent(db, 'demo', { kind: 'ask', trial: '1' });
      completeTrial(db, 'demo', '1', {
        fitness: 0.5,
        at: 'now',
        result: {
          report: { split: 'search', scores: [], documents: [], taskHashes: {}, taskVersions: {} },
          node: 'n',
          attempt: 1,
          seconds: { merge: 1, evaluate: 2 },
          deviceClass: 'cpu',
          versions: {},
          workDir: '/w',
        },
      });
    });
    for (const sql of [
      'UPDATE scores SET value = 1',
      'DELETE FROM scores',
      'UPDATE optimizer_events SET payload = 1',
      'DELETE FROM optimizer_events',
      "UPDATE trials SET fitness = 0.9 WHERE trial = '1'",
      "UPDATE trials SET state = 'failed' WHERE trial = '1'",
      'DELETE FROM trials',
    ]) {
      expect([sql, codeOf(() => ledger.transact((db) => db.exec(sql)))]).toEqual([
        sql,
        'ledger_refused',
      ]);
    }
    expect(ledger.getTrial('demo', '1')?.fitness).toBe(0.5);
  });

  it('refuses a gap in the optimizer events', () => {
    const ledger = openWriter();
    addTrial(ledger);
    const insert = (sequence: number) =>
      codeOf(() =>
        ledger.transact((db) =>
          db
            .prepare(`INSERT INTO optimizer_events VALUES ('demo', ?, 'ask', '1', '{}')`)
            .run(sequence),
        ),
      );
    expect(insert(2)).toBe('ledger_refused');
    expect(insert(1)).toBe('nothing thrown');
    expect(insert(1)).toBe('ledger_refused');
  });

  it('gives events back bit for bit', () => {
    const ledger = openWriter();
    addTrial(ledger);
    const events = [
      { kind: 'ask', trial: '1' },
      { kind: 'tell', trial: '1', fitness: 0.1 + 0.2 },
      { kind: 'foreign', trial: 'b5', vector: [1 / 3, 5e-324], fitness: -1e-17 },
    ] as const;
    ledger.transact((db) => {
      for (const event of events) appendEvent(db, 'demo', event);
    });
    expect(ledger.transact((db) => listEvents(db, 'demo'))).toEqual(events);
  });

  it('says that the disk is full, and loses nothing that was there', () => {
    const ledger = openWriter();
    addTrial(ledger);
    ledger.transact((db) => {
      db.pragma(`max_page_count = ${Number(pragma(db, 'page_count'))}`);
    });
    let added = 1;
    const fill = () => {
      for (; added < 500; added++) addTrial(ledger, String(added + 1));
    };
    expect(codeOf(fill)).toBe('ledger_full');
    expect(fill).toThrow('Nothing that was accepted is lost. Free disk space');
    expect(ledger.listTrials('demo')).toHaveLength(added);
    ledger.transact((db) => {
      expect(pragma(db, 'integrity_check')).toBe('ok');
      db.pragma('max_page_count = 1000000');
    });
    addTrial(ledger, '500');
  });

  it('says so when another process keeps writing', () => {
    const ledger = openWriter();
    ledger.transact((db) => db.pragma('busy_timeout = 1'));
    const other = new Database(ledger.path);
    open.unshift(other);
    other.exec('BEGIN IMMEDIATE');
    expect(codeOf(() => ledger.transact(() => 0))).toBe('ledger_busy');
  });

  it('counts failures also of trials that were run again', () => {
    const ledger = openWriter();
    addTrial(ledger);
    ledger.transact((db) => {
      failTrial(db, 'demo', '1', {
        failure: { class: 'hang', reason: 'r', stage: 'merge', attempt: 2 },
        at: 'now',
      });
    });
    expect(ledger.countFailures('demo')).toEqual({ hang: 1 });
    expect(ledger.getTrial('demo', '1')?.failure?.class).toBe('hang');
  });

  it('keeps how each attempt failed, and counts the trial once', () => {
    const ledger = openWriter();
    addTrial(ledger);
    const first = {
      class: 'crash',
      reason: 'a',
      stage: 'merge',
      attempt: 1,
      isRetried: true,
    } as const;
    const last = { class: 'hang', reason: 'r', stage: 'merge', attempt: 2 } as const;
    ledger.transact((db) => {
      failTrial(db, 'demo', '1', { failure: { ...last, earlier: [first] }, at: 'now' });
    });
    expect(ledger.listFailures('demo', '1')).toEqual([first, last]);
    expect(ledger.getTrial('demo', '1')?.failure).toEqual(last);
    expect(ledger.countFailures('demo')).toEqual({ hang: 1 });
  });
});

it('renders the schema as SQL that makes an equal database', () => {
  const db = new Database(':memory:');
  open.push(db);
  db.exec(renderSchema());
  expect(pragma(db, 'user_version')).toBe(schemaVersion);
  expect(() =>
    db.exec("DELETE FROM ledger; INSERT INTO ledger (one, id, created_at) VALUES (2, 'x', 'y')"),
  ).toThrow('CHECK constraint failed');
});
