/** What a trial holds of its node, what it is allowed, and what is told of both. */
import { existsSync } from 'node:fs';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import type { TrialFailure } from '../src/errors.js';
import type { RunTrialInput, TrialProgress, TrialUse } from './contracts.js';
import {
  activities,
  calls,
  expectNoSurvivor,
  failureOf,
  input,
  newEnvironment,
  run,
  setFault,
  toolsCalled,
  work,
} from './run-trial.fixture.js';
import { createSlotPool } from './slots.js';
import { TakenTrials } from './taken-trials.js';

const twoCards = () => createSlotPool([{ id: 'slot-1', cudaDevices: ['0', '1'] }]);

test('a result tells the slot, the waits and the card-seconds that the trial held', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  const result = await run({}, activities({ gpuPool: twoCards() }));
  expect(result).toMatchObject({ slot: 'slot-1', isPrefetched: false });
  expect(result.waitSeconds?.merge).toBeLessThan(0.5);
  expect(result.waitSeconds?.slot).toBeLessThan(0.5);
  // Two cards for the evaluation, none for a merge on the CPU.
  expect(result.gpuSeconds).toBeGreaterThan(1);
  expect(result.gpuSeconds).toBeCloseTo(2 * result.seconds.evaluate, 0);
});

test('a slot without a card counts as one card', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  const result = await run({}, activities({ gpuPool: createSlotPool([{ id: 'slot-1' }]) }));
  expect(result.gpuSeconds).toBeGreaterThan(0.5);
  expect(result.gpuSeconds).toBeCloseTo(result.seconds.evaluate, 0);
});

test('a merge on a card counts the cards of its group, and a serial trial its slot all the time', async () => {
  setFault({ 'mergekit-yaml': { name: 'sleep', seconds: 0.5 } });
  const mergeOptions = { cuda: true, lowCpuMemory: false, args: {} };
  const mergePool = createSlotPool([{ id: 'merge', cudaDevices: ['2', '3', '4'] }]);
  const node = { deviceClass: 'cuda', mergePool, gpuPool: twoCards() } as const;
  const beside = await run({ mergeOptions }, activities(node));
  const { merge, evaluate } = beside.seconds;
  const cardSeconds = 3 * merge + 2 * evaluate;
  expect(beside.gpuSeconds).toBeGreaterThanOrEqual(cardSeconds - 0.01);
  expect(beside.gpuSeconds).toBeLessThan(cardSeconds + 2 * merge);

  const own = await run({ workKey: 'r2-e' }, activities({ ...node, strategy: 'serial' }));
  expect(own.gpuSeconds).toBeGreaterThan(2 * (own.seconds.merge + own.seconds.evaluate));
});

test('each stage sees the cards of its slot alone, counted as nvidia-smi counts', async () => {
  const mergePool = createSlotPool([{ id: 'merge', cudaDevices: ['2', '3'] }]);
  await run({}, activities({ mergePool, gpuPool: twoCards() }));
  expect(calls()).toMatchObject([
    { tool: 'mergekit-yaml', cards: '2,3', order: 'PCI_BUS_ID' },
    { tool: 'lm_eval', cards: '0,1', order: 'PCI_BUS_ID' },
  ]);
  await run(
    { workKey: 'r2-e' },
    activities({ mergePool, gpuPool: twoCards(), strategy: 'serial' }),
  );
  expect(calls().slice(2)).toMatchObject([{ cards: '0,1' }, { cards: '0,1' }]);
});

test('a trial that comes while as many run as there are slots was prefetched', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  const acts = activities();
  const trials = ['1', '2'].map((trial) => run({ trial, workKey: `r${trial}-e` }, acts));
  const [first, second] = await Promise.all(trials);
  expect([first?.isPrefetched, second?.isPrefetched]).toEqual([false, true]);
});

test('a failed attempt tells the card-seconds that it held, and each smaller batch its own', async () => {
  setFault({ lm_eval: { name: 'oom-above', batch: 2 } });
  const started = performance.now();
  const { failures = [], gpuSeconds } = await run();
  const wallSeconds = (performance.now() - started) / 1000;
  const held = [...failures.map((failure) => failure.gpuSeconds ?? 0), gpuSeconds ?? 0];
  expect(held).toHaveLength(3);
  expect(Math.min(...held)).toBeGreaterThan(0);
  // One card, one evaluation at a time: told twice, it would be more.
  expect(held.reduce((sum, seconds) => sum + seconds)).toBeLessThan(wallSeconds);
});

test('heartbeats tell the slot while it is evaluated, and card-seconds that only grow', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 1.2 } });
  const beats: TrialProgress[] = [];
  const environment = new MockActivityEnvironment({ attempt: 1, heartbeatTimeoutMs: 600 });
  environment.on('heartbeat', (beat: TrialProgress) => beats.push(beat));
  await run({}, activities(), environment);
  expect(beats.filter(({ slot }) => slot === 'gpu').map(({ stage }) => stage)).toContain(
    'evaluate',
  );
  expect(beats.filter(({ stage }) => stage === 'merge').map(({ slot }) => slot)).not.toContain(
    'gpu',
  );
  const seconds = beats.map(({ gpuSeconds = NaN }) => gpuSeconds);
  expect(seconds[0]).toBe(0);
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  expect(seconds.at(-1)).toBeGreaterThan(1);
});

test('a lost attempt counts what its last heartbeat told', async () => {
  const heartbeatDetails: TrialProgress = {
    ...{ stage: 'evaluate', percent: 40, node: 'n0', gpuSeconds: 123.4 },
  };
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
  const beats: TrialProgress[] = [];
  second.on('heartbeat', (beat: TrialProgress) => beats.push(beat));
  const result = await run({}, activities(), second);
  expect(result.failures).toMatchObject([{ class: 'node_lost', gpuSeconds: 123.4 }]);
  expect(result.gpuSeconds).toBeLessThan(60);
  expect(beats[0]).toMatchObject({ gpuSeconds: 0 });
});

test('a trial that has used up its card-seconds is stopped with all it started, and not tried again', async () => {
  setFault({ lm_eval: 'hang-with-all' });
  const started = performance.now();
  const error = await failureOf({ lease: { gpuSeconds: 0.6 } });
  expect(error).toMatchObject({ type: 'budget', nonRetryable: true });
  expect(error.message).toContain('0.6 card-seconds, got none of it left after 0.');
  const failure = error.details?.[0] as TrialFailure;
  expect(failure).toMatchObject({ class: 'budget', stage: 'evaluate', attempt: 1 });
  // 200 ms are the grace between TERM and KILL of the fixture's node.
  expect(failure.gpuSeconds).toBeGreaterThanOrEqual(0.6);
  expect(failure.gpuSeconds).toBeLessThan(0.6 + 0.2 + (performance.now() - started) / 2000);
  expect(existsSync(work('result.json'))).toBe(false);
  await expectNoSurvivor();
});

test('a merge on the CPU uses nothing of the card-seconds', async () => {
  setFault({ 'mergekit-yaml': { name: 'sleep', seconds: 1 } });
  const { gpuSeconds, seconds } = await run();
  expect(gpuSeconds).toBeLessThan(seconds.evaluate + 0.9 * seconds.merge);
});

test('what earlier attempts held is of the same lease', async () => {
  setFault({ lm_eval: 'hang-with-all' });
  const heartbeatDetails: TrialProgress = {
    ...{ stage: 'evaluate', percent: 0, node: 'n0', hasEnded: true },
    failures: [
      { class: 'crash', reason: 'it broke', stage: 'merge', attempt: 1, gpuSeconds: 50 },
      { class: 'hang', reason: 'it hung', stage: 'evaluate', attempt: 2, gpuSeconds: 49.5 },
    ],
  };
  const environment = new MockActivityEnvironment({ attempt: 3, heartbeatDetails });
  const running = run({ lease: { gpuSeconds: 100 } }, activities(), environment);
  await expect(running).rejects.toMatchObject({
    type: 'budget',
    message: expect.stringContaining('99.5 of them for attempts before') as string,
  });
});

test('where nothing of the lease is left no tool runs, but a finished result is returned', async () => {
  const heartbeatDetails: TrialProgress = {
    ...{ stage: 'collect', percent: 0, node: 'n1', gpuSeconds: 100 },
  };
  const again = () => new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
  const lease = { gpuSeconds: 100 };
  await expect(run({ lease }, activities(), again())).rejects.toMatchObject({ type: 'budget' });
  expect(toolsCalled()).toEqual([]);
  const done = await run();
  expect(await run({ lease }, activities(), again())).toEqual(done);
});

test('a trial that waits for a slot ends when its wall clock has run out', async () => {
  const used = { gpuSeconds: 0, sinceMs: Date.now() };
  const error = await failureOf(
    { lease: { wallSeconds: 1.5, gpuSeconds: 1000 }, used },
    activities({ gpuPool: createSlotPool([]) }),
  );
  expect(error).toMatchObject({ type: 'budget', nonRetryable: true });
  expect(error.message).toContain('budget.wall_clock_hours');
  expect((error.details?.[0] as TrialFailure).gpuSeconds).toBe(0);
});

test('the wall clock runs from the hand-out, attempts before and time in the queue included', async () => {
  const anHourAgo = Date.now() - 3_600_000;
  const late = (info: object) => new MockActivityEnvironment({ attempt: 2, ...info });
  const lease = { wallSeconds: 3_600 };
  const used = { gpuSeconds: 0, sinceMs: anHourAgo };
  for (const [more, scheduledTimestampMs] of [
    [{ lease }, anHourAgo],
    [{ lease, used }, Date.now()],
  ] as const)
    await expect(run(more, activities(), late({ scheduledTimestampMs }))).rejects.toMatchObject({
      type: 'budget',
    });
  expect(toolsCalled()).toEqual([]);
});

test('what nodes used that handed the trial back is of the same lease, and in what it held', async () => {
  const used = { gpuSeconds: 90, sinceMs: Date.now() };
  expect((await run({ used })).gpuSeconds).toBeGreaterThan(90);
  const more = { used, workKey: 'r2-e', lease: { gpuSeconds: 90 } };
  expect((await failureOf(more)).message).toContain('90 of them for attempts before');

  // Once a failure tells it, no attempt counts it again.
  const heartbeatDetails: TrialProgress = {
    ...{ stage: 'evaluate', percent: 0, node: 'n0', gpuSeconds: 95 },
  };
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
  const result = await run({ used, workKey: 'r3-e' }, activities(), second);
  expect(result.failures?.[0]?.gpuSeconds).toBe(95);
  expect(result.gpuSeconds).toBeLessThan(90);
});

test('a trial that is handed back in the middle says what it has used up', async () => {
  setFault({ lm_eval: 'hang-with-all' });
  const taken = new TakenTrials();
  const used = { gpuSeconds: 90, sinceMs: Date.now() };
  const order = input({ used });
  const node = activities({ taken });
  const running = newEnvironment().run((trial: RunTrialInput) => node.runTrial(trial), order);
  const ended = running.catch((error: unknown) => error as ApplicationFailure);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('lm_eval');
  }, 20_000);
  expect(taken.useOf(order)?.gpuSeconds).toBeGreaterThanOrEqual(90);
  taken.handBackAll('it shuts down');
  const { type, details } = (await ended) as ApplicationFailure;
  expect(type).toBe('HandedBack');
  const [use] = details as [TrialUse];
  expect(use.gpuSeconds).toBeGreaterThan(90);
  expect(use.sinceMs).toBe(used.sinceMs);
  await expectNoSurvivor();
});

test('a trial that waits for equal work ends with its lease, and the other goes on', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 1.5 } });
  const acts = activities();
  const used = { gpuSeconds: 0, sinceMs: Date.now() + 10_000 };
  const first = run({}, acts);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('lm_eval');
  }, 20_000);
  expect((await failureOf({ trial: '8', lease: { wallSeconds: 0.2 }, used }, acts)).type).toBe(
    'budget',
  );
  await first;
});

test('a cancelled trial is cancelled, whatever is left of its lease', async () => {
  setFault({ lm_eval: 'hang-with-all' });
  const environment = newEnvironment();
  const running = run({ lease: { gpuSeconds: 3_600 } }, activities(), environment);
  const ended = expect(running).rejects.toBeInstanceOf(CancelledFailure);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('lm_eval');
  }, 20_000);
  environment.cancel();
  await ended;
  await expectNoSurvivor();
});
