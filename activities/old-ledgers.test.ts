import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { listEvents } from '../src/store/optimizer-log.js';
import { type Ledger, ledgerFileName, openLedger, openLedgerReader } from '../src/store/ledger.js';
import { schemaVersion } from '../src/store/migrate.js';
import { findLedgerDamage } from '../src/store/recover-ledger.js';
import { complete, sweepText } from './coordinator.fixture.js';
import type { CoordinatorActivities, TellAskReply } from './contracts.js';
import { createCoordinatorActivities } from './coordinator.js';

const fixtures = new URL('../test/fixtures/ledgers/', import.meta.url);

let folder: string;
let ledger: Ledger;
let activities: CoordinatorActivities;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'old-ledger-'));
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

function openFixture(version: number): void {
  const packed = readFileSync(new URL(`v${version}.sqlite.gz`, fixtures));
  writeFileSync(join(folder, ledgerFileName), gunzipSync(packed), { mode: 0o600 });
  // Since version 3 a ledger knows its machine.
  ledger = openLedger(folder, { mode: 'write', adopt: version >= 3 });
  const clock = { now: () => new Date(0) };
  activities = createCoordinatorActivities({ ledger, resultsDir: folder, clock });
}

const openSweep = () =>
  activities.openSweep({
    ledgerId: ledger.ledgerId,
    sweep: 'open',
    specText: sweepText().replace('name: demo', 'name: open'),
    specPath: '/sweeps/open.yaml',
  });

describe('ledgers of former versions', () => {
  it('has one of each', () => {
    openFixture(1);
    const known = readdirSync(fixtures).filter((name) => name.endsWith('.gz'));
    expect(known).toEqual(
      Array.from({ length: schemaVersion - 1 }, (_, index) => `v${index + 1}.sqlite.gz`),
    );
  });

  it.each([
    [1, { b4: 0.8869204367171575, 2: 0.9153008209531645, 5: 0.9554588933217278 }],
    [2, { b1: 0.8869204367171575, 2: 0.9041572623622889, 5: 0.9781229584735923 }],
    [3, { b1: 0.8869204367171575, 2: 0.9041572623622889, 5: 0.9781229584735923 }],
  ])('are read as they were written: version %i', (version, scores) => {
    openFixture(version);
    const trials = ledger.listTrials('demo');
    for (const [trial, fitness] of Object.entries(scores))
      expect(trials.find((row) => row.trial === trial)?.fitness).toBe(fitness);
    expect(trials.find(({ trial }) => trial === '3')).toMatchObject({ state: 'failed' });
    expect(ledger.getSweep('demo')).toMatchObject({ state: 'finished', isHeld: false });
    for (const { trial, state } of trials) {
      expect(ledger.listScores('demo', trial).length > 0).toBe(state === 'complete');
    }
    expect(ledger.transact((db) => listEvents(db, 'demo')).length).toBeGreaterThan(12);
    const reader = openLedgerReader(folder);
    expect(reader.listTrials('demo')).toEqual(trials);
    reader.close();
  });

  it.each([1, 2, 3])('are chained from then on, with a copy beside: version %i', (version) => {
    openFixture(version);
    for (const _ of ledger.verify());
    const links = ledger.transact((db) => db.prepare('SELECT count(*) FROM chain').pluck().get());
    expect(links).toBeGreaterThan(40);
    const copies = readdirSync(folder).filter((name) => name.includes(`.v${version}-`));
    expect(copies).toHaveLength(1);
  });

  it.each([2, 3])('go on where the search is the same: version %i', async (version) => {
    openFixture(version);
    const { pending, nextRequestId } = await openSweep();
    let reply: TellAskReply | undefined;
    let trials = pending;
    for (let requestId = nextRequestId; reply?.state !== 'finished'; requestId += 1) {
      const outcomes = trials.slice(0, 6).map((trial) => complete(trial));
      const names = { ledgerId: ledger.ledgerId, sweep: 'open' };
      reply = await activities.tellAsk({ ...names, requestId, outcomes, want: 1 });
      trials = [...trials.slice(6), ...reply.trials];
    }
    const search = ledger.listTrials('open').filter(({ kind }) => kind === 'search');
    // Trial 3 of the fixture of version 3 had failed before.
    const ends = search.map(({ state, trial }) => `${trial} ${state}`);
    const third = version === 3 ? 'failed' : 'complete';
    expect(ends).toEqual(
      ['1', '2', '3', '4', '5', '6'].map(
        (trial) => `${trial} ${trial === '3' ? third : 'complete'}`,
      ),
    );
  });

  it('are found whole before they are brought up to date, damaged where they are: version 3', () => {
    openFixture(2);
    const path = join(folder, 'old.sqlite');
    writeFileSync(path, gunzipSync(readFileSync(new URL('v3.sqlite.gz', fixtures))), {
      mode: 0o600,
    });
    expect(findLedgerDamage(path)).toBeUndefined();
    const db = new Database(path);
    db.exec(`UPDATE trials SET merge_seconds = 9 WHERE sweep = 'demo' AND trial = '2'`);
    db.close();
    expect(findLedgerDamage(path)).toBe('trial 2 of sweep demo is not what was accepted');
  });

  it('say why they can not where it is another: version 1', async () => {
    openFixture(1);
    await expect(openSweep()).rejects.toMatchObject({
      message: expect.stringContaining('Finish it with the version that began it') as string,
    });
  });
});
