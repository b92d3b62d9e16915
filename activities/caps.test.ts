import { afterEach, describe, expect, it } from 'vitest';
import type { RunTrialInput, TellAskReply, TrialOutcome } from './contracts.js';
import { cancelled, complete, CoordinatorFixture, failed } from './coordinator.fixture.js';
import type { SweepFixtureOptions } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;

afterEach(() => {
  fixture.dispose();
});

async function start(budget: string, options: SweepFixtureOptions = {}): Promise<void> {
  fixture = new CoordinatorFixture({ budget, ...options });
  await fixture.open();
}

/** Each trial ends after so many card-seconds. */
const after =
  (gpuSeconds: number) =>
  (trial: RunTrialInput): TrialOutcome =>
    complete(trial, undefined, { gpuSeconds });

const rows = () => fixture.ledger.listTrials('demo');
const sweep = () => fixture.ledger.getSweep('demo');
const countOf = (kind: string) => rows().filter((row) => row.kind === kind).length;
const journal = (kind: string) =>
  fixture.ledger.listJournal('demo').filter((entry) => entry.kind === kind);

/** Card-seconds that are spent or set aside. */
function taken(): number {
  return rows().reduce((sum, { gpuSeconds = 0, state, startedAt, lease }) => {
    const isOpen = state === 'proposed' && startedAt !== undefined;
    return sum + gpuSeconds + (isOpen ? (lease?.gpuSeconds ?? 0) : 0);
  }, 0);
}

describe('a sweep without a cap', () => {
  it('hands out trials without a lease, and still knows what they cost', async () => {
    await start('');
    const { trials } = await fixture.tellAsk([], 2);
    expect(trials.map(({ lease }) => lease)).toEqual([undefined, undefined]);
    await fixture.tellAsk([after(60)(trials[0]!), complete(trials[1]!)], 0);
    const [b1, b2] = rows();
    // One that does not say what it held counts with its stages.
    expect([b1?.gpuSeconds, b2?.gpuSeconds]).toEqual([60, 3]);
  });

  it('keeps how a trial came, where it ran and how long it waited', async () => {
    await start('');
    const { trials } = await fixture.tellAsk([], 1);
    const waitSeconds = { merge: 1, slot: 20 };
    const result = { isPrefetched: true, slot: 'slot-1', waitSeconds };
    await fixture.tellAsk([complete(trials[0]!, 0.5, result)], 0);
    expect(rows()[0]).toMatchObject(result);
    for (const _ of fixture.ledger.verify());
  });
});

describe('a cap of GPU-hours', () => {
  it('is shared by what may run at once', async () => {
    await start('gpu_hours: 1');
    const { trials } = await fixture.tellAsk([], 5);
    expect(trials.map(({ lease }) => lease)).toEqual(Array(5).fill({ gpuSeconds: 720 }));
    expect(fixture.ledger.getTrial('demo', 'b1')?.lease).toEqual({ gpuSeconds: 720 });
  });

  it('leaves the limits as they are where all of them fit', async () => {
    await start('gpu_hours: 100000');
    const { trials } = await fixture.tellAsk([], 2);
    // Three attempts of 120 and 360 minutes.
    expect(trials[0]?.lease).toEqual({ gpuSeconds: 3 * 480 * 60 });
  });

  it('gets back what a trial did not use', async () => {
    await start('gpu_hours: 1');
    const { trials } = await fixture.tellAsk([], 1);
    expect(trials[0]?.lease).toEqual({ gpuSeconds: 3600 });
    const next = await fixture.tellAsk([after(100)(trials[0]!)], 1);
    expect(taken()).toBeLessThanOrEqual(3600);
    // Four share what is left of it but 1.25 × 150 s for each of 13 that must run as well.
    expect(next.trials[0]?.lease?.gpuSeconds).toBe((3500 - 13 * 187.5) / 4);
  });

  it('ends the search early enough for the confirmations, and says so', async () => {
    // 5 baselines, 11 confirmations at most: 100 s each; some 20 of 60 trials are left.
    await start('gpu_hours: 1', { maxTrials: 60, optimizer: 'finalists: 3' });
    const reply = await fixture.runToEnd(after(100));
    expect(reply).toMatchObject({ state: 'finished', trials: [] });
    const tried = countOf('search');
    expect(tried).toBeGreaterThan(15);
    expect(tried).toBeLessThan(30);
    const reason = `the cap of 1 GPU-hour ended the search after ${tried} of 60 trials`;
    expect(sweep()).toMatchObject({ state: 'finished', reason, searchEnded: reason });
    expect(reply.reason).toBe(reason);
    const confirmed = rows().filter(
      ({ kind, state }) => kind === 'confirm' && state === 'complete',
    );
    expect(confirmed).toHaveLength(8);
    expect(taken()).toBeLessThanOrEqual(3600);
    // No more was left over than a search trial needs beside what is kept for the confirmations.
    expect(taken()).toBeGreaterThan(2800);
    expect(journal('cap_reached').map(({ detail }) => detail['message'])).toEqual([reason]);
  });

  it('waits for open leases before it ends the search', async () => {
    await start('gpu_hours: 0.5', { maxTrials: 60, hasConfirm: false });
    const { trials } = await fixture.tellAsk([], 5);
    const reply = await fixture.tellAsk(trials.map(after(100)), 3);
    expect(reply.trials).toHaveLength(3);
    // All is set aside; one ends with all of its lease, and nothing is left for another.
    const lease = reply.trials[0]?.lease?.gpuSeconds ?? 0;
    const next = await fixture.tellAsk([after(lease)(reply.trials[0]!)], 1);
    expect(next).toMatchObject({ state: 'running', trials: [] });
    const last = await fixture.tellAsk([after(100)(reply.trials[1]!)], 1);
    expect(last.trials).toHaveLength(1);
  });

  it('says once that it is nearly used up', async () => {
    await start('gpu_hours: 1', { maxTrials: 60 });
    await fixture.runToEnd(after(100));
    expect(journal('cap_near')).toHaveLength(1);
    expect(journal('cap_near')[0]?.detail['message']).toMatch(
      /^8\d % of the cap of 1 GPU-hour is used up$/,
    );
  });

  it('pauses where not even a baseline fits, and says what to raise', async () => {
    await start('gpu_hours: 0.05');
    const { trials } = await fixture.tellAsk([], 1);
    const reply = await fixture.tellAsk([after(30)(trials[0]!)], 1);
    // 150 s are left, one that takes 30 is counted with 45: three baselines and nothing more.
    let last = reply;
    while (last.trials.length > 0) last = await fixture.tellAsk(last.trials.map(after(60)), 1);
    expect(last).toMatchObject({ state: 'paused', trials: [] });
    expect(last.reason).toMatch(
      /^the cap of 0\.05 GPU-hours leaves .+ of a card, too little for a baseline, which needs about .+: raise budget\.gpu_hours in the sweep file, or `mergesweep extend demo --gpu-hours N`$/,
    );
    expect(taken()).toBeLessThanOrEqual(180);
    // Run again without more it pauses again, and the journal says it once.
    await fixture.open();
    expect(await fixture.tellAsk([], 1)).toMatchObject({ state: 'paused' });
    expect(journal('cap_reached')).toHaveLength(1);
  });

  it('pauses where a confirmation does not fit any more', async () => {
    await start('gpu_hours: 1', { maxTrials: 3, optimizer: 'finalists: 1' });
    const reply = await fixture.runToEnd((trial) =>
      after(trial.kind === 'confirm' ? (trial.lease?.gpuSeconds ?? 0) : 100)(trial),
    );
    expect(reply.state).toBe('paused');
    expect(reply.reason).toContain('too little for a confirmation');
    expect(taken()).toBeLessThanOrEqual(3600);
  });

  it('ends what was put back in line and does not fit, unrun, as failed', async () => {
    await start('gpu_hours: 0.5', { maxTrials: 60, hasConfirm: false });
    const { trials } = await fixture.tellAsk([], 5);
    const [search] = (await fixture.tellAsk(trials.map(after(200)), 1)).trials;
    expect(search?.lease).toEqual({ gpuSeconds: 800 });
    fixture.now = new Date(fixture.now.getTime() + 700_000);
    await fixture.tellAsk([cancelled(search!)], 0);
    await fixture.open();
    // 1700 of 1800 s are used up, and one of 200 needs 300.
    expect(await fixture.tellAsk([], 1)).toMatchObject({ state: 'finished' });
    expect(fixture.ledger.getTrial('demo', '1')).toMatchObject({
      state: 'failed',
      failure: { class: 'budget', stage: 'queued' },
    });
    expect(sweep()?.reason).toBe('the cap of 0.5 GPU-hours ended the search after 1 of 60 trials');
  });

  it('charges an attempt that does not say what it held with all that it may have', async () => {
    await start('gpu_hours: 1');
    const { trials } = await fixture.tellAsk([], 2);
    fixture.now = new Date(fixture.now.getTime() + 50_000);
    await fixture.tellAsk([failed(trials[0]!, 'node_lost'), cancelled(trials[1]!)], 0);
    expect(
      rows()
        .slice(0, 2)
        .map(({ gpuSeconds }) => gpuSeconds),
    ).toEqual([50, 50]);
  });

  it('counts every attempt, of trials that failed in the end and of those that did not', async () => {
    await start('gpu_hours: 1');
    const { trials } = await fixture.tellAsk([], 2);
    const lost = (gpuSeconds: number) => ({
      ...({ class: 'hang', reason: 'r', stage: 'merge', attempt: 1, isRetried: true } as const),
      gpuSeconds,
    });
    const end = failed(trials[0]!, 'out_of_memory');
    if (end.status !== 'failed') throw new Error('it failed');
    const whole = { ...end, failure: { ...end.failure, gpuSeconds: 7, earlier: [lost(5)] } };
    const done = complete(trials[1]!, 0.5, { gpuSeconds: 20, failures: [lost(4), lost(3)] });
    await fixture.tellAsk([whole, done], 0);
    expect(
      rows()
        .slice(0, 2)
        .map(({ gpuSeconds }) => gpuSeconds),
    ).toEqual([12, 27]);
  });
});

describe('a cap in money', () => {
  it('is a cap of GPU-hours at the price of one, and the tighter one of both counts', async () => {
    await start('usd: 2, usd_per_gpu_hour: 4, gpu_hours: 1');
    const { trials } = await fixture.tellAsk([], 5);
    expect(trials[0]?.lease).toEqual({ gpuSeconds: 360 });
    fixture.dispose();
    await start('usd: 2, usd_per_gpu_hour: 4', { maxTrials: 60 });
    const reply = await fixture.runToEnd(after(60));
    expect(reply.reason).toMatch(/^the cap of \$2 ended the search after \d+ of 60 trials$/);
  });
});

describe('a cap of the wall clock', () => {
  const pass = (seconds: number) => (trial: RunTrialInput) => {
    fixture.now = new Date(fixture.now.getTime() + seconds * 1000);
    return complete(trial, undefined, { seconds: { merge: 0, evaluate: seconds } });
  };

  it('ends the search so that the confirmations end before it', async () => {
    const began = Date.parse('2026-01-01T00:00:00Z');
    await start('wall_clock_hours: 1', { maxTrials: 60, optimizer: 'finalists: 3' });
    const leases: number[] = [];
    const reply = await fixture.runToEnd((trial) => {
      leases.push(trial.lease?.wallSeconds ?? Infinity);
      return pass(100)(trial);
    });
    expect(reply.state).toBe('finished');
    expect(reply.reason).toMatch(
      /^the cap of 1 hour of wall clock ended the search after \d+ of 60/,
    );
    expect(fixture.now.getTime() - began).toBeLessThanOrEqual(3_600_000);
    // Nobody may run beyond it.
    expect(leases[0]).toBe(3600);
    expect(leases.every((lease) => lease <= 3600)).toBe(true);
  });

  it('counts pauses in', async () => {
    await start('wall_clock_hours: 1');
    await fixture.tellAsk([], 0);
    fixture.now = new Date(fixture.now.getTime() + 3_600_000);
    fixture.restart();
    await fixture.open();
    expect((await fixture.tellAsk([], 1)).reason).toContain('the cap of 1 hour leaves 0.0s');
  });
});

describe('leases', () => {
  it('stay the same for repeated requests and for trials of a sweep that is opened again', async () => {
    await start('gpu_hours: 1');
    const request = { ...fixture.names, requestId: fixture.nextRequest, outcomes: [], want: 3 };
    const first = await fixture.activities.tellAsk(request);
    expect(await fixture.activities.tellAsk(request)).toEqual(first);
    fixture.restart();
    expect((await fixture.open(true)).pending).toEqual(first.trials);
    expect((await fixture.open()).pending).toEqual(first.trials);
  });
});

describe('whatever happens', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'spent and set aside never exceed the cap, and the sweep ends with a reason: history %i',
    async (seed) => {
      const random = createRandom(seed);
      const capSeconds = 600 + Math.floor(random() * 6000);
      await start(`gpu_hours: ${capSeconds / 3600}`, {
        ...{ maxTrials: 12, hasConfirm: random() < 0.7, optimizer: 'finalists: 2' },
      });
      let flying: RunTrialInput[] = [];
      let reply: TellAskReply | undefined;
      for (let step = 0; step < 150; step += 1) {
        fixture.now = new Date(fixture.now.getTime() + Math.floor(random() * 200_000));
        const ending = flying.filter(() => random() < 0.6);
        flying = flying.filter((trial) => !ending.includes(trial));
        const outcomes = ending.slice(0, 6).map((trial) => randomEnd(trial, random));
        flying.push(...ending.slice(6));
        const want = Math.floor(random() * 5);
        const request = { ...fixture.names, requestId: fixture.nextRequest++, outcomes, want };
        reply = await fixture.activities.tellAsk(request);
        if (random() < 0.1) expect(await fixture.activities.tellAsk(request)).toEqual(reply);
        flying.push(...reply.trials);
        expect(taken()).toBeLessThanOrEqual(capSeconds + 1e-6);
        if (random() < 0.05) {
          fixture.restart();
          flying = [...(await fixture.open(random() < 0.5)).pending];
          expect(taken()).toBeLessThanOrEqual(capSeconds + 1e-6);
        }
        if (reply.state === 'finished' || (reply.state === 'paused' && flying.length === 0)) break;
      }
      const { state, reason = '', searchEnded } = sweep() ?? {};
      expect(state).not.toBe('running');
      if (state === 'paused')
        expect(reason).toMatch(/the cap of .+ leaves|in a row failed|cancelled/);
      if (state === 'finished') {
        expect(reason === '' ? 12 : searchEnded).toBe(reason === '' ? countOf('search') : reason);
      }
      for (const _ of fixture.ledger.verify());
    },
    60_000,
  );
});

function randomEnd(trial: RunTrialInput, random: () => number): TrialOutcome {
  const lease = trial.lease?.gpuSeconds;
  if (lease === undefined) throw new Error('every trial has a lease');
  const used = Math.min(lease, 20 + 100 * random() + (random() < 0.1 ? 2000 : 0));
  const dice = random();
  if (dice < 0.75) return complete(trial, undefined, { gpuSeconds: used });
  if (dice < 0.8) return cancelled(trial);
  const end = failed(trial, dice < 0.9 ? 'out_of_memory' : 'node_lost');
  if (end.status !== 'failed') throw new Error('it failed');
  const isTold = random() < 0.5;
  const earlier = [{ ...end.failure, isRetried: true, ...(isTold && { gpuSeconds: used / 2 }) }];
  const failure = { ...end.failure, earlier, ...(isTold && { gpuSeconds: used / 2 }) };
  return { ...end, failure };
}

/** mulberry32 */
function createRandom(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
