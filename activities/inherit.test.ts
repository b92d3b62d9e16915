import { afterEach, describe, expect, it } from 'vitest';
import { listJournal } from '../src/store/journal.js';
import { listEvents } from '../src/store/optimizer-log.js';
import { pinParents } from '../src/store/sweeps.js';
import { selectBest } from '../src/scoring/select-best.js';
import { CoordinatorFixture, complete, type SweepFixtureOptions } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

const path = '/sweeps/demo.yaml';

async function runFormer(options: SweepFixtureOptions = {}): Promise<void> {
  fixture = new CoordinatorFixture(options);
  await fixture.open();
  await fixture.runToEnd();
}

/** Opens `sweep` as a fork of `demo`. */
const fork = (sweep: string, edit: (text: string) => string = (text) => text, from = 'demo') => {
  const specText = edit(fixture.specText).replace('name: demo', `name: ${sweep}`);
  const { ledgerId } = fixture.ledger;
  return fixture.activities.openSweep({ ledgerId, sweep, specText, specPath: path, forkOf: from });
};
const eventsOf = (sweep: string) => fixture.ledger.transact((db) => listEvents(db, sweep));
const journalOf = (sweep: string) => fixture.ledger.transact((db) => listJournal(db, sweep));

describe('a fork', () => {
  it.each(['cma-es', 'gp', 'random', 'sobol'])(
    'hears of every scored candidate and tries the best of them first (%s)',
    async (name) => {
      await runFormer({ optimizer: `name: ${name}` });
      const best = selectBest(fixture.ledger.listTrials('demo'));
      await fork('next', (text) => text.replace('max_trials: 6', 'max_trials: 3'));
      const events = eventsOf('next');
      expect(events.map(({ kind, trial }) => `${kind} ${trial}`)).toEqual([
        ...[1, 2, 3, 4, 5, 6].map((trial) => `foreign demo#${trial}`),
        'inject i1',
      ]);
      expect(journalOf('next')).toMatchObject([
        { kind: 'forked', detail: { from: 'demo', told: 6 } },
      ]);
      const request = { ledgerId: fixture.ledger.ledgerId, sweep: 'next', outcomes: [] };
      const baselines = await fixture.activities.tellAsk({ ...request, requestId: 1, want: 5 });
      const { trials } = await fixture.activities.tellAsk({
        ...request,
        requestId: 2,
        outcomes: baselines.trials.map((trial) => complete(trial)),
        want: 3,
      });
      expect(trials).toHaveLength(3);
      expect(fixture.ledger.getTrial('next', '1')?.params).toEqual(best?.params);
      // Equal work: a node that has the result gives it back.
      expect(trials[0]?.workKey).toBe(best?.input.workKey);
      const before = eventsOf('next');
      fixture.restart();
      const again = await fork('next', (text) => text.replace('max_trials: 6', 'max_trials: 3'));
      expect(again.pending).toEqual(trials);
      expect(eventsOf('next')).toEqual(before);
    },
  );

  it('expects the very models that were scored', async () => {
    await runFormer({ maxTrials: 2 });
    const parents = { base: 'a', 'spec-a': 'b', 'spec-b': 'c' };
    fixture.ledger.transact((db) => {
      pinParents(db, 'demo', parents);
    });
    await fork('next');
    await fork('other', (text) => text.replace('max: 0.9', 'max: 0.8'));
    expect(fixture.ledger.getSweep('next')?.parents).toEqual(parents);
    expect(fixture.ledger.getSweep('other')?.parents).toBeUndefined();
  });

  it('of a fork keeps the name of the sweep that scored', async () => {
    await runFormer({ maxTrials: 2 });
    await fork('next');
    await fork('third', undefined, 'next');
    expect(eventsOf('third').map(({ trial }) => trial)).toEqual(['demo#1', 'demo#2']);
  });

  it.each([
    ['another range', 'max: 0.9', 'max: 0.8', 'genome differ'],
    ['another task', 'name: rev', 'name: reverse', 'evaluation or tasks.search differ'],
    ['another seed of the masks', 'seed: 7', 'seed: 8', 'merge differ'],
    ['rungs', 'storage:', 'fidelity: {strategy: race}\nstorage:', 'fidelity differ'],
  ])('with %s begins with nothing, and says why', async (_title, from, to, why) => {
    await runFormer({ maxTrials: 2 });
    await fork('next', (text) => text.replace(from, to));
    expect(eventsOf('next')).toEqual([]);
    expect(journalOf('next')[0]?.detail).toMatchObject({
      told: 0,
      obstacle: expect.stringContaining(why) as string,
    });
  });

  it('of a sweep that is not there is refused, and leaves nothing behind', async () => {
    await runFormer({ maxTrials: 2 });
    await expect(fork('next', undefined, 'nobody')).rejects.toMatchObject({
      type: 'sweep_unknown',
    });
    expect(fixture.ledger.getSweep('next')).toBeUndefined();
  });
});
