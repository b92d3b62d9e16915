import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrialPermits } from './trial-permits.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A node of two slots; what Temporal's pollers do with its permits. */
function setUp({ prefetch = 1 }: { readonly prefetch?: 0 | 1 } = {}) {
  const node = { limit: 9, evaluating: 0, isFreeElsewhere: false as boolean | 'unknown' };
  const permits = new TrialPermits({
    ...{ slots: 2, prefetch },
    limit: () => node.limit,
    areSlotsTaken: () => node.evaluating === 2,
    isFreeElsewhere: () => node.isFreeElsewhere,
  });
  const polls: object[] = [];
  const ending = new AbortController();
  const refused: unknown[] = [];
  const ask = () => {
    permits.reserveSlot({}, ending.signal).then(
      (permit) => polls.push(permit),
      (error: unknown) => refused.push(error),
    );
  };
  for (let poller = 0; poller < 5; poller += 1) ask();
  const settle = () => vi.advanceTimersByTimeAsync(200);
  /** A poll brings a trial. */
  const bring = () => {
    const permit = polls.shift();
    if (permit === undefined) throw new Error('it asks for nothing');
    permits.markSlotUsed({ permit });
    return () => {
      permits.releaseSlot({ permit });
    };
  };
  return { node, permits, polls, ending, refused, settle, bring };
}

describe('TrialPermits', () => {
  it('asks for one more trial only while every slot has an evaluation in it', async () => {
    const { node, permits, polls, settle, bring } = setUp();
    await settle();
    expect(polls).toHaveLength(2);
    const ends = [bring(), bring()];
    await settle();
    // Both merge: the third would wait behind them.
    expect([permits.taken, polls.length]).toEqual([2, 0]);
    node.evaluating = 2;
    await settle();
    expect(polls).toHaveLength(1);
    ends[0]?.();
    await settle();
    // What it asked for beyond the slots is for the one that is free now.
    expect([permits.taken, polls.length]).toEqual([1, 1]);
  });

  it('takes none to merge meanwhile where another node is free, or where that is not known', async () => {
    const { node, polls, settle, bring } = setUp();
    await settle();
    bring();
    bring();
    node.evaluating = 2;
    for (const elsewhere of ['unknown', true] as const) {
      node.isFreeElsewhere = elsewhere;
      await settle();
      expect(polls).toHaveLength(0);
    }
    node.isFreeElsewhere = false;
    await settle();
    expect(polls).toHaveLength(1);
  });

  it('never takes more than its slots where it prefetches nothing', async () => {
    const { node, polls, settle, bring } = setUp({ prefetch: 0 });
    await settle();
    bring();
    bring();
    node.evaluating = 2;
    await settle();
    expect(polls).toHaveLength(0);
  });

  it('counts trials that come by its own queue', async () => {
    const { permits, polls, settle, bring } = setUp();
    await settle();
    const end = bring();
    bring();
    let leave = (): void => undefined;
    const other = permits.during(() => new Promise<void>((resolve) => (leave = resolve)));
    end();
    await settle();
    expect([permits.taken, polls.length]).toEqual([2, 0]);
    leave();
    await other;
    await settle();
    expect(polls).toHaveLength(1);
  });

  it('asks for nothing while it is closed or pauses', async () => {
    const { node, permits, polls, settle, bring } = setUp();
    await settle();
    node.limit = 0;
    // Those that it has asked for since before are the last.
    bring()();
    bring()();
    await settle();
    expect(polls).toHaveLength(0);
    permits.pause(10_000);
    node.limit = 9;
    await settle();
    expect(polls).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(polls).toHaveLength(2);
  });

  it('lets go of those that wait when its worker ends', async () => {
    const { ending, refused, settle } = setUp();
    await settle();
    const reason = new Error('shut down');
    ending.abort(reason);
    await settle();
    expect(refused).toEqual([reason, reason, reason]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
