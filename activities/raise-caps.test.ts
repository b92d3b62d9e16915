import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import { bindingText } from '../src/spec/pinned-spec.js';
import type { Extension, RunTrialInput } from './contracts.js';
import { complete, CoordinatorFixture, type SweepFixtureOptions } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;

beforeEach(async () => {
  fixture = new CoordinatorFixture({ budget: 'gpu_hours: 0.5', maxTrials: 30 });
  await fixture.open();
});
afterEach(() => {
  fixture.dispose();
});

describe('extend with a cap', () => {
  const budget = () => {
    const parsed = parseSweepSpec(bindingText(row()), row().specPath);
    return parsed.ok ? parsed.spec.file.budget : undefined;
  };
  const row = () => {
    const found = fixture.ledger.getSweep('demo');
    if (found === undefined) throw new Error('there is a sweep');
    return found;
  };
  const cheap = (trial: RunTrialInput) => complete(trial, undefined, { gpuSeconds: 100 });
  const capped = async (options: SweepFixtureOptions = {}): Promise<void> => {
    fixture.dispose();
    fixture = new CoordinatorFixture({ budget: 'gpu_hours: 0.5', maxTrials: 30, ...options });
    await fixture.open();
  };
  const extend = (order: Extension, requestId = `e${JSON.stringify(order)}`) =>
    fixture.activities.steer({ ...fixture.names, requestId, order: { kind: 'extend', ...order } });

  it('lets a search go on that the cap had ended, while it runs, once for each request', async () => {
    await capped({ hasConfirm: false });
    expect((await fixture.runToEnd(cheap)).state).toBe('finished');
    const before = fixture.ledger.listTrials('demo').length;
    expect(await extend({ gpuHours: 0.25 })).toMatchObject({
      message: 'demo may use 0.75 GPU-hours in all.',
      state: 'paused',
    });
    await extend({ gpuHours: 0.25 });
    expect(budget()).toEqual({ gpu_hours: 0.75 });
    expect(row().searchEnded).toBeUndefined();
    await fixture.open();
    expect((await fixture.runToEnd(cheap)).state).toBe('finished');
    expect(fixture.ledger.listTrials('demo').length).toBe(before + 9);
  });

  it('takes effect at once where the sweep runs', async () => {
    await capped();
    const { trials } = await fixture.tellAsk([], 5);
    expect(
      (
        await fixture.tellAsk(
          trials.map((trial) => cheap(trial)),
          0,
        )
      ).state,
    ).toBe('running');
    await extend({ gpuHours: 1 });
    const next = await fixture.tellAsk([], 1);
    // 1.5 hours, 500 s used, 15 that must run in reserve: 10 confirmations of 125 s.
    expect(next.trials[0]?.lease?.gpuSeconds).toBe(5400 - 500 - 10 * 125);
  });

  it('stays when the unchanged file is run again, and yields to a file that says more', async () => {
    await capped();
    await extend({ gpuHours: 0.5 });
    await fixture.open();
    expect(budget()).toEqual({ gpu_hours: 1 });
    fixture.specText = fixture.specText.replace('gpu_hours: 0.5', 'gpu_hours: 3');
    await fixture.open();
    expect(budget()).toEqual({ gpu_hours: 3 });
    const edits = fixture.ledger.listJournal('demo').filter(({ kind }) => kind === 'spec_edited');
    expect(edits.map(({ detail }) => detail['edits'])).toEqual([
      [{ path: 'budget.gpu_hours', before: 1, after: 3 }],
    ]);
  });

  it('is refused for a cap that it has not, and for trials alone once a cap has ended the search', async () => {
    await capped({ hasConfirm: false });
    await expect(extend({ usd: 5 })).rejects.toThrow('demo has no cap budget.usd');
    await fixture.runToEnd(cheap);
    await expect(extend({ trials: 5 })).rejects.toThrow(
      /the cap of 0\.5 GPU-hours ended the search/,
    );
    const { message } = await extend({ trials: 5, gpuHours: 1 });
    expect(message).toBe('demo may use 1.5 GPU-hours in all. demo may try 5 more: 35 in all.');
  });

  it('lets confirmations go on for which the cap left too little, and no more candidates', async () => {
    await capped({ maxTrials: 2, optimizer: 'finalists: 1', budget: 'gpu_hours: 0.6' });
    const greedy = (trial: RunTrialInput) =>
      trial.kind === 'confirm'
        ? complete(trial, undefined, { gpuSeconds: trial.lease?.gpuSeconds ?? 0 })
        : cheap(trial);
    expect((await fixture.runToEnd(greedy)).state).toBe('paused');
    expect((await extend({ gpuHours: 2 })).message).toBe(
      'demo may use 2.6 GPU-hours in all. Its finalists are chosen: only their confirmations go on.',
    );
    await expect(extend({ trials: 1, gpuHours: 1 })).rejects.toThrow('looked at once');
    await fixture.open();
    expect((await fixture.runToEnd(cheap)).state).toBe('finished');
    await expect(extend({ gpuHours: 9 })).rejects.toThrow('nothing left to run');
  });

  it('says what makes no sense', async () => {
    await expect(extend({})).rejects.toThrow('expected what to extend by');
    await expect(extend({ gpuHours: -1 })).rejects.toThrow('expected gpuHours > 0');
  });
});

describe('an edited budget', () => {
  it('of the file lets a search go on that the cap had ended', async () => {
    fixture.dispose();
    fixture = new CoordinatorFixture({
      ...{ budget: 'gpu_hours: 0.5', maxTrials: 30, hasConfirm: false },
    });
    await fixture.open();
    const cheap = (trial: RunTrialInput) => complete(trial, undefined, { gpuSeconds: 100 });
    expect((await fixture.runToEnd(cheap)).state).toBe('finished');
    fixture.specText = fixture.specText.replace('gpu_hours: 0.5', 'gpu_hours: 0.6');
    await fixture.open();
    expect((await fixture.runToEnd(cheap)).reason).toMatch(/^the cap of 0\.6 GPU-hours ended/);
  });
});
