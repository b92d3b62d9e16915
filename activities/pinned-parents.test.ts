import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { complete, CoordinatorFixture, failed } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
});
afterEach(() => {
  fixture.dispose();
});

const parents = { base: 'a'.repeat(64), 'spec-a': 'b'.repeat(64), 'spec-b': 'c'.repeat(64) };
const journal = () =>
  fixture.ledger.listJournal('demo').filter(({ kind }) => kind === 'parents_pinned');

describe('the bytes of base and parents', () => {
  it('are pinned by the first result that is accepted, and go with every later trial', async () => {
    const { trials } = await fixture.tellAsk([], 2);
    expect(trials[0]?.sources).toEqual({
      base: '/sweeps/base',
      'spec-a': '/sweeps/spec-a',
      'spec-b': '/sweeps/spec-b',
    });
    expect(trials[0]).not.toHaveProperty('parents');
    const later = await fixture.tellAsk([complete(trials[0]!, 0.5, { parents })], 1);
    expect(fixture.ledger.getSweep('demo')?.parents).toEqual(parents);
    expect(later.trials[0]?.parents).toEqual(parents);
    expect(journal()).toMatchObject([{ detail: parents }]);
    fixture.restart();
    const { pending } = await fixture.open();
    expect(pending.map((trial) => trial.parents)).toEqual([parents, parents]);
  });

  it('are not pinned by a result that is refused, nor by one that tells none', async () => {
    const { trials } = await fixture.tellAsk([], 2);
    const [first, second] = trials;
    await fixture.tellAsk([complete(first!, Number.NaN, { parents }), complete(second!, 0.5)], 0);
    expect(fixture.ledger.getSweep('demo')?.parents).toBeUndefined();
  });

  it('are added to where a node has a model that the first had not', async () => {
    const { trials } = await fixture.tellAsk([], 2);
    const { base, ...others } = parents;
    await fixture.tellAsk([complete(trials[0]!, 0.5, { parents: { base } })], 0);
    await fixture.tellAsk([complete(trials[1]!, 0.5, { parents: others })], 0);
    expect(fixture.ledger.getSweep('demo')?.parents).toEqual(parents);
    expect(journal()).toMatchObject([
      { detail: { base, message: 'the bytes of base are known now: a trial from others fails' } },
      { detail: others },
    ]);
  });

  it('pause the sweep when a result is from others, and its trial runs again', async () => {
    const { trials } = await fixture.tellAsk([], 2);
    const [first, second] = trials;
    await fixture.tellAsk([complete(first!, 0.5, { parents })], 0);
    const other = { ...parents, 'spec-a': 'd'.repeat(64) };
    const reply = await fixture.tellAsk([complete(second!, 0.9, { parents: other })], 1);
    expect(reply.state).toBe('paused');
    expect(reply.reason).toContain('spec-a with the bytes that the sweep began with');
    expect(reply.reason).toContain('npx mergesweep fork demo');
    expect(fixture.ledger.getSweep('demo')?.parents).toEqual(parents);
    expect(fixture.ledger.getTrial('demo', second!.trial)).toMatchObject({
      state: 'failed',
      failure: { class: 'parent_changed', node: 'node-1' },
    });
    await fixture.open();
    const again = await fixture.tellAsk([], 1);
    expect(again.trials[0]).toMatchObject({ ...second, parents });
  });
});

describe('a full disk', () => {
  it('pauses the sweep once its attempts are used up, and the trial goes on when it is run again', async () => {
    const { trials } = await fixture.tellAsk([], 1);
    const reply = await fixture.tellAsk([failed(trials[0]!, 'disk_full')], 1);
    expect(reply).toMatchObject({ state: 'paused', trials: [], releases: [] });
    await fixture.open();
    const again = await fixture.tellAsk([], 1);
    expect(again.trials[0]).toEqual(trials[0]);
  });
});
