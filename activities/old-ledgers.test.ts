import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listEvents } from '../src/store/optimizer-log.js';
import { type Ledger, ledgerFileName, openLedger, openLedgerReader } from '../src/store/ledger.js';
import { schemaVersion } from '../src/store/migrate.js';
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
  ledger = openLedger(folder, { mode: 'write' });
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

  it.each([1, 2])('are chained from then on, with a copy beside: version %i', (version) => {
    openFixture(version);
    for (const _ of ledger.verify());
    const links = ledger.transact((db) => db.prepare('SELECT count(*) FROM chain').pluck().get());
    expect(links).toBeGreaterThan(40);
    const copies = readdirSync(folder).filter((name) => name.includes(`.v${version}-`));
    expect(copies).toHaveLength(1);
  });

  it('go on where the search is the same: version 2', async () => {
    openFixture(2);
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
    expect(search.map(({ state }) => state)).toEqual(Array(6).fill('complete'));
  });

  it('say why they can not where it is another: version 1', async () => {
    openFixture(1);
    await expect(openSweep()).rejects.toMatchObject({
      message: expect.stringContaining('Finish it with the version that began it') as string,
    });
  });
});
