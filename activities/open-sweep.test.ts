import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import { listJournal } from '../src/store/journal.js';
import { complete, CoordinatorFixture, type SweepFixtureOptions } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

async function start(options: SweepFixtureOptions = {}): Promise<CoordinatorFixture> {
  fixture = new CoordinatorFixture(options);
  await fixture.open();
  return fixture;
}

function hashOf(text: string): string {
  const parsed = parseSweepSpec(text, '/sweeps/demo.yaml');
  if (!parsed.ok) throw new Error('expected a valid file');
  return parsed.spec.hash;
}

describe('openSweep', () => {
  it('creates the sweep once, with its baselines in order', async () => {
    await start();
    await fixture.open();
    expect(fixture.ledger.listTrials('demo').map(({ trial, label }) => [trial, label])).toEqual([
      ['b1', 'uniform'],
      ['b2', 'ties'],
      ['b3', 'base'],
      ['b4', 'spec-a'],
      ['b5', 'spec-b'],
    ]);
  });

  it('gives back what was handed out and has not ended', async () => {
    await start();
    const { trials } = await fixture.tellAsk([], 3);
    await fixture.tellAsk([complete(trials[1]!)], 0);
    fixture.restart();
    const reply = await fixture.open();
    expect(reply.pending).toMatchObject([trials[0]!, trials[2]!]);
    expect(reply.nextRequestId).toBe(3);
  });

  it('refuses another spec under the same name, for good', async () => {
    await start();
    fixture.specText = fixture.specText.replace('seed: 7', 'seed: 8');
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'spec_changed',
      nonRetryable: true,
      message: expect.stringContaining('optimizer.seed: 7 → 8  (needs a fork)') as string,
    });
    fixture.specText = `# a comment\n${fixture.specText.replace('seed: 8', 'seed: 7')}`;
    expect((await fixture.open()).state).toBe('running');
  });

  it('takes over an edit that changes no score, also for trials that have not ended, and records it', async () => {
    await start();
    const before = await fixture.tellAsk([], 2);
    expect(before.trials[0]?.limits.stallMinutes).toBe(30);
    fixture.specText = fixture.specText.replace('storage:', 'limits: {stall_minutes: 7}\nstorage:');
    const { pending } = await fixture.open();
    await fixture.open();
    expect(pending.map(({ limits }) => limits.stallMinutes)).toEqual([7, 7]);
    const { trials } = await fixture.tellAsk([], 1);
    expect(trials[0]?.limits.stallMinutes).toBe(7);
    const journal = fixture.ledger.transact((db) => listJournal(db, 'demo'));
    expect(journal).toMatchObject([
      {
        kind: 'spec_edited',
        detail: { edits: [{ path: 'limits.stall_minutes', before: 30, after: 7 }] },
      },
    ]);
    const row = fixture.ledger.getSweep('demo');
    expect(JSON.parse(row?.pinnedSpec ?? '')).toMatchObject({ limits: { stall_minutes: 7 } });
  });

  it('raises the budget with the file, without another beginning of the search', async () => {
    await start({ maxTrials: 2, hasConfirm: false });
    await fixture.runToEnd();
    expect(fixture.ledger.getSweep('demo')?.state).toBe('finished');
    fixture.specText = fixture.specText.replace('max_trials: 2', 'max_trials: 4');
    expect((await fixture.open()).state).toBe('running');
    await fixture.runToEnd();
    const row = fixture.ledger.getSweep('demo');
    expect(row).toMatchObject({ state: 'finished', maxTrials: 4 });
    expect(JSON.parse(row?.pinnedSpec ?? '')).toMatchObject({ optimizer: { max_trials: 2 } });
    const search = fixture.ledger.listTrials('demo').filter(({ kind }) => kind === 'search');
    expect(search.map(({ trial }) => trial)).toEqual(['1', '2', '3', '4']);
  });

  it('refuses to raise the budget once finalists were confirmed', async () => {
    await start({ maxTrials: 2 });
    await fixture.runToEnd();
    fixture.specText = fixture.specText.replace('max_trials: 2', 'max_trials: 4');
    await expect(fixture.open()).rejects.toMatchObject({ type: 'spec_changed' });
    expect(fixture.ledger.getSweep('demo')).toMatchObject({ state: 'finished', maxTrials: 2 });
  });

  it('goes on by what was pinned, and asks only what is in flight where it reconciles', async () => {
    await start();
    const pinned = fixture.ledger.getSweep('demo')?.pinnedSpec;
    expect(JSON.parse(pinned ?? '')).toMatchObject({ name: 'demo', limits: { attempts: 3 } });
    fixture.specText = fixture.specText.replace('keep_models: 0', 'keep_models: 2');
    await fixture.open(true);
    expect(fixture.ledger.getSweep('demo')?.pinnedSpec).toBe(pinned);
    // As a version would leave it whose default was another one.
    const specHash = hashOf((pinned ?? '').replace('"attempts":3', '"attempts":9'));
    fixture.ledger.transact((db) =>
      db
        .prepare('UPDATE sweeps SET pinned_spec = ?, spec_hash = ?')
        .run((pinned ?? '').replace('"attempts":3', '"attempts":9'), specHash),
    );
    await fixture.open();
    const { trials } = await fixture.tellAsk([], 1);
    expect(fixture.ledger.getSweep('demo')?.specHash).not.toBe(specHash);
    expect(trials[0]?.maxAttempts).toBe(9);
  });

  it('writes into the journal that its workflow began again, once for each time', async () => {
    await start();
    for (const begunAgain of ['run-2', 'run-2', 'run-3'])
      await fixture.activities.openSweep({
        ...{ ...fixture.names, specText: fixture.specText, specPath: '/sweeps/demo.yaml' },
        ...{ isReconciling: true, begunAgain },
      });
    const kinds = fixture.ledger.listJournal('demo').map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'begun_again')).toHaveLength(2);
  });

  it('pins a sweep of a version that did not, once it is opened', async () => {
    await start();
    const { pinnedSpec, specHash } = fixture.ledger.getSweep('demo') ?? {};
    const unpin = 'UPDATE sweeps SET pinned_spec = NULL';
    fixture.ledger.transact((db) => db.prepare(unpin).run());
    await fixture.open();
    expect(fixture.ledger.getSweep('demo')?.pinnedSpec).toBe(pinnedSpec);
    fixture.ledger.transact((db) => db.prepare(`${unpin}, spec_hash = 'older'`).run());
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'spec_changed',
      message: expect.stringContaining('other defaults') as string,
    });
    expect(specHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a broken file with every error, and leaves no sweep behind', async () => {
    fixture = new CoordinatorFixture();
    fixture.specText = fixture.specText
      .replace('dare_ties', 'dare_tise')
      .replace('seed: 7', 'sed: 7');
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'configuration',
      nonRetryable: true,
      message: expect.stringMatching(/dare_tise[^]*sed/) as string,
    });
    expect(fixture.ledger.listSweeps()).toEqual([]);
  });

  it('finds the parents again when the folder of the sweep file has moved', async () => {
    await start();
    const before = await fixture.tellAsk([], 4);
    const { pending } = await fixture.open(false, '/moved/demo.yaml');
    expect(before.trials[3]?.subject).toMatchObject({ model: '/sweeps/spec-a' });
    expect(pending[3]?.subject).toMatchObject({ model: '/moved/spec-a' });
    const later = await fixture.tellAsk([], 1);
    expect(later.trials[0]?.subject).toMatchObject({ model: '/moved/spec-b' });
  });

  it("refuses another ledger's requests", async () => {
    await start();
    const request = { ledgerId: 'another', sweep: 'demo' };
    const refusal = { type: 'ledger_other', nonRetryable: true };
    const { activities } = fixture;
    await expect(
      activities.tellAsk({ ...request, requestId: 1, outcomes: [], want: 1 }),
    ).rejects.toMatchObject(refusal);
    await expect(activities.finishSweep(request)).rejects.toMatchObject(refusal);
    await expect(
      activities.openSweep({ ...request, specText: fixture.specText, specPath: '/demo.yaml' }),
    ).rejects.toMatchObject(refusal);
  });

  it('writes the spec, what it came to mean, and the log of trials', async () => {
    await start();
    const read = (name: string) => readFileSync(join(fixture.folder, 'demo', name), 'utf8');
    expect(read('sweep.yaml')).toBe(fixture.specText);
    expect(JSON.parse(read('sweep.lock.json'))).toMatchObject({
      sweep: 'demo',
      dimensions: [
        { name: 'weight.spec-a' },
        { name: 'weight.spec-b' },
        { name: 'density.spec-a' },
        { name: 'density.spec-b' },
      ],
    });
    expect(read('trials.jsonl')).toBe('');
  });
});
