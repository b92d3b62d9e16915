import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunTrialInput, TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';
import { type Ledger, openLedger } from './ledger.js';
import { recoveryPath } from './recovery-file.js';
import { listStandings } from './standings.js';
import { insertSweep } from './sweeps.js';
import { cancelTrial, failTrial, insertTrial } from './trials.js';

let folder: string;
let ledger: Ledger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'standings-'));
  ledger = openLedger(folder, { mode: 'write' });
  for (const name of ['demo', 'other']) {
    ledger.transact((db) => {
      insertSweep(db, {
        name,
        ...{ specText: 't', specPath: '/s.yaml', specHash: 'h', maxTrials: 9, createdAt: 'now' },
      });
      add(db, name, '1');
    });
  }
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

function add(db: Connection, sweep: string, trial: TrialId): void {
  const input = { sweep, trial, kind: 'search' } as unknown as RunTrialInput;
  insertTrial(db, { input, proposedAt: 'now' });
}

const states = (db: Connection, sweep = 'demo'): string[] =>
  listStandings(db, sweep).map(({ trial, ordinal, state }) => `${trial} ${ordinal} ${state}`);

const known = (): string[] => ledger.read((db) => states(db));

describe('the standings that a writer remembers', () => {
  it('are those of the ledger after each commit, also of trials that are new', () => {
    expect(known()).toEqual(['1 1 proposed']);
    ledger.transact((db) => {
      cancelTrial(db, 'demo', '1', 'now');
      add(db, 'demo', '2');
      add(db, 'other', '2');
    });
    expect(known()).toEqual(['1 1 cancelled', '2 2 proposed']);
    expect(ledger.read((db) => states(db, 'other'))).toEqual(['1 1 proposed', '2 2 proposed']);
  });

  it('hold what a transaction has changed so far, and not once it is taken back', () => {
    expect(known()).toHaveLength(1);
    expect(() => {
      ledger.transact((db) => {
        cancelTrial(db, 'demo', '1', 'now');
        add(db, 'demo', '2');
        expect(states(db)).toEqual(['1 1 cancelled', '2 2 proposed']);
        throw new Error('stop');
      });
    }).toThrow('stop');
    expect(known()).toEqual(['1 1 proposed']);
  });

  it('are not those of a transaction that was taken back, though it asked for them first', () => {
    expect(() => {
      ledger.transact((db) => {
        add(db, 'demo', '2');
        expect(states(db)).toHaveLength(2);
        throw new Error('stop');
      });
    }).toThrow('stop');
    expect(known()).toEqual(['1 1 proposed']);
  });

  it('do not change in the hands of whoever asked before', () => {
    const before = ledger.read((db) => listStandings(db, 'demo'));
    ledger.transact((db) => {
      cancelTrial(db, 'demo', '1', 'now');
    });
    expect(before[0]?.state).toBe('proposed');
  });

  it('go on while the recovery log can’t be written', () => {
    expect(known()).toHaveLength(1);
    rmSync(recoveryPath(folder));
    mkdirSync(recoveryPath(folder));
    ledger.transact((db) => {
      add(db, 'demo', '2');
    });
    ledger.transact((db) => {
      const failure = { class: 'crash', reason: 'r', stage: 'merge', attempt: 1 } as const;
      failTrial(db, 'demo', '2', { failure, at: 'now' });
    });
    expect(known()).toEqual(['1 1 proposed', '2 2 failed']);
  });
});
