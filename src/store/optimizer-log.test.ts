import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sampler } from '../samplers/sampler.js';
import type { Connection } from './connection.js';
import { type Ledger, openLedger } from './ledger.js';
import { appendEvent, isSameEngine, readStoredSearch, storeSnapshot } from './optimizer-log.js';
import { insertSweep } from './sweeps.js';

let folder: string;
let ledger: Ledger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'optimizer-log-'));
  ledger = openLedger(folder, { mode: 'write' });
  ledger.transact((db) => {
    const spec = { specText: 't', specPath: '/s.yaml', specHash: 'h' };
    insertSweep(db, { name: 'demo', ...spec, maxTrials: 5, createdAt: 'now' });
  });
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

/** A sampler whose state is how many events there were. */
const sampler = (events: number): Sampler => ({
  apply: () => undefined,
  finalists: () => [],
  toJSON: () => ({ version: 1, events }),
  diagnostics: () => ({}),
});

function play(db: Connection, from: number, to: number): void {
  for (let event = from + 1; event <= to; event += 1) {
    appendEvent(db, 'demo', { kind: 'ask', trial: String(event) });
    if (event % 3 === 0) storeSnapshot(db, 'demo', sampler(event));
  }
  storeSnapshot(db, 'demo', sampler(to));
}

const read = (isWhole = false) => ledger.transact((db) => readStoredSearch(db, 'demo', isWhole));
const keptStates = () =>
  ledger.transact((db) =>
    db.prepare('SELECT sequence FROM snapshots WHERE state IS NOT NULL').pluck().all(),
  );

describe('what is kept of the optimizer', () => {
  it('is folded from the first event while the sweep is short', () => {
    ledger.transact((db) => {
      play(db, 0, 200);
    });
    const { fold, state, sequence } = read();
    expect({ sequence, state }).toEqual({ sequence: 200, state: { version: 1, events: 200 } });
    expect(fold?.from).toBeUndefined();
    expect(fold?.events).toHaveLength(200);
  });

  it('is folded from a state on the way when it has become long, and few states are kept', () => {
    ledger.transact((db) => {
      play(db, 0, 1000);
    });
    const { fold } = read();
    const start = (fold?.from as { events: number }).events;
    expect(start).toBeGreaterThan(1000 - 2 * 128 - 32);
    expect(fold?.events).toHaveLength(1000 - start);
    expect(fold?.events.length).toBeGreaterThanOrEqual(32);
    expect(keptStates()).toHaveLength(3);
    expect(read(true).fold?.events).toHaveLength(1000);
  });

  it('is not folded over what another engine made, however the request', () => {
    ledger.transact((db) => {
      play(db, 0, 100);
      db.prepare(`UPDATE snapshots SET engine = 'v18.0.0 v8 10 arm64'`).run();
      play(db, 100, 150);
    });
    for (const isWhole of [false, true]) {
      const { fold } = read(isWhole);
      expect(fold?.from).toEqual({ version: 1, events: 100 });
      expect(fold?.events).toHaveLength(50);
    }
  });

  it('is no state whose hash does not fit', () => {
    ledger.transact((db) => {
      play(db, 0, 10);
      db.prepare(
        `UPDATE snapshots SET state = '{"version":1,"events":9}' WHERE sequence = 10`,
      ).run();
    });
    expect(read().state).toBeUndefined();
    expect(read().sha256).toBeDefined();
  });
});

describe('isSameEngine', () => {
  it('compares what both know: older ledgers name Node alone', () => {
    expect(isSameEngine('v20.1.0 v8 11.3 x64', 'v20.1.0 v8 11.3 x64')).toBe(true);
    expect(isSameEngine('v20.1.0 v8 11.3 x64', 'v20.1.0 v8 11.3 arm64')).toBe(false);
    expect(isSameEngine('v20.1.0', 'v20.1.0 v8 11.3 arm64')).toBe(true);
    expect(isSameEngine('v20.1.0', 'v20.2.0 v8 11.3 x64')).toBe(false);
  });
});
