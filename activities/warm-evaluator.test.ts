import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { afterEach, expect, test, vi } from 'vitest';
import { WarmChildren } from '../src/external/warm-children.js';
import type { EvaluatorChoice, RunTrialInput } from './contracts.js';
import {
  activities,
  calls,
  expectNoSurvivor,
  failureOf,
  folder,
  input,
  newEnvironment,
  run,
  setFault,
  tools,
  toolsCalled,
  work,
} from './run-trial.fixture.js';
import type { NodeDependencies } from './run-trial.js';
import { createSlotPool } from './slots.js';

let children = new WarmChildren();
afterEach(async () => {
  await children.close();
  children = new WarmChildren();
  await expectNoSurvivor();
});

const choice: EvaluatorChoice = {
  mode: 'auto',
  baseModel: 'org/base',
  models: ['org/base', 'org/a'],
  dtype: 'float32',
  isVerified: true,
};

const node = (places = 1, more: Partial<NodeDependencies> = {}) =>
  activities({
    tools: {
      mergekitYaml: join(tools, 'mergekit-yaml'),
      lmEval: join(tools, 'lm_eval'),
      python: join(tools, 'python'),
      temporal: 'temporal',
    },
    warm: {
      children,
      places: createSlotPool(
        Array.from({ length: places }, (_, index) => ({
          id: `place-${index}`,
          cudaDevices: ['3'],
        })),
      ),
      pythonPath: tools,
    },
    ...more,
  });

/** A trial of its own merge; `n` tells them apart. */
const trial = (n: number, more: Partial<RunTrialInput> = {}): Partial<RunTrialInput> => {
  const { subject } = input();
  if (subject.kind !== 'merge') throw new Error('expected a merge');
  const models = subject.recipe.models.map((model) => ({ ...model, parameters: { weight: n } }));
  return {
    trial: `${n}`,
    evaluator: choice,
    subject: { kind: 'merge', recipe: { ...subject.recipe, models } },
    workKey: `r${n}-e`,
    ...more,
  };
};
const unverified = (n: number, more: Partial<RunTrialInput> = {}) =>
  trial(n, { evaluator: { ...choice, isVerified: false }, ...more });
const countOf = (tool: string): number => toolsCalled().filter((each) => each === tool).length;

test('the first merge is evaluated in both ways, all later ones by the same child', async () => {
  const acts = node();
  const first = await run(trial(1), acts);
  expect(first).toMatchObject({ mode: 'cold', modeReason: 'to prove that warm equals it' });
  expect(first.checkpoint?.files).toHaveProperty(['model.safetensors']);
  for (const n of [2, 3]) {
    const later = await run(trial(n), acts);
    expect(later).toMatchObject({ mode: 'warm' });
    expect(later.modeReason).toContain('trial 1 of demo on n1 gave the same bits and scores');
    expect(later.checkpoint).toBeUndefined();
    expect(later.report.scores).toEqual(first.report.scores);
  }
  expect(countOf('lm_eval')).toBe(1);
  expect(countOf('warm-init')).toBe(1);
  expect(countOf('warm-merge')).toBe(3);
});

test('parents are evaluated by the child that merges on the card', async () => {
  const acts = node(1, { deviceClass: 'cuda' });
  const mergeOptions = { cuda: true, lowCpuMemory: false, args: {} };
  const base = join(folder, 'base');
  const evaluator = { ...choice, baseModel: base };
  await run(trial(1, { mergeOptions, evaluator }), acts);
  const subject = { kind: 'model', label: 'base', model: base } as const;
  const parent = await run(trial(2, { mergeOptions, evaluator, subject }), acts);
  expect(parent).toMatchObject({ mode: 'warm', deviceClass: 'cuda' });
  expect(countOf('warm-init')).toBe(1);
});

test('a proof outlives the process of the node', async () => {
  await run(trial(1), node());
  await children.close();
  children = new WarmChildren();
  expect(await run(trial(2), node())).toMatchObject({ mode: 'warm' });
  expect(countOf('lm_eval')).toBe(1);
});

test('trials that come while the proof is made wait for it', async () => {
  const acts = node(2);
  const [first, second] = await Promise.all([run(trial(1), acts), run(trial(2), acts)]);
  expect([first.mode, second.mode].sort()).toEqual(['cold', 'warm']);
  expect(countOf('lm_eval')).toBe(1);
});

test.each([
  ['another bit', { 'warm-compare': 'other-bits' }, '1 tensors differ, the first is lm_head'],
  ['another score', { 'warm-evaluate': 'other-scores' }, 'document 0 of shift'],
  [
    'a merge that it can not do',
    { 'warm-merge': { name: 'error', error: 'UnsupportedError', text: 'fused experts' } },
    'fused experts',
  ],
])('%s in the warm evaluation sends the sweep back to cold, and says so', async (_, fault, why) => {
  setFault(fault);
  const acts = node();
  const first = await run(trial(1), acts);
  expect(first).toMatchObject({ mode: 'cold' });
  expect(first.modeReason).toContain(why);
  expect(await run(trial(2), acts)).toMatchObject({ mode: 'cold', modeReason: first.modeReason });
  expect(countOf('lm_eval')).toBe(2);
});

test('a child that can not even start costs the sweep nothing but its warmth', async () => {
  setFault({ 'warm-init': { name: 'exit', code: 1, text: 'ModuleNotFoundError: mergekit' } });
  const acts = node();
  const first = await run(trial(1), acts);
  expect(first.mode).toBe('cold');
  expect(first.modeReason).toContain('could not be evaluated warm');
  expect(first.modeReason).toContain('ModuleNotFoundError');
  expect(await run(trial(2), acts)).toMatchObject({ mode: 'cold', modeReason: first.modeReason });
  expect(countOf('warm-init')).toBe(1);
  // It may have been the machine: a node that starts again tries again.
  setFault({});
  await run(trial(3), node());
  expect(await run(trial(4), node())).toMatchObject({ mode: 'warm' });
});

test('a sweep that demands warm pauses where it can not be had', async () => {
  setFault({ 'warm-compare': 'other-bits' });
  const evaluator = { ...choice, mode: 'warm' as const };
  const failure = await failureOf(trial(1, { evaluator }), node());
  expect(failure).toMatchObject({ type: 'configuration', nonRetryable: true });
  expect(failure.message).toContain('set evaluation.mode to auto or cold');
});

test('a model whose files are not at hand is evaluated cold', async () => {
  const acts = node();
  await run(trial(1), acts);
  const subject = { kind: 'model' as const, label: 'a', model: 'org/a' };
  const result = await run({ evaluator: choice, subject, workKey: 'm-e' }, acts);
  expect(result).toMatchObject({ mode: 'cold', modeReason: 'org/a is not a local folder' });
});

test('what the table of limits names is evaluated cold, with the reason', async () => {
  const evaluation = { ...input().evaluation, modelArgs: { load_in_8bit: true } };
  const result = await run(trial(1, { evaluation }), node());
  expect(result.mode).toBe('cold');
  expect(result.modeReason).toContain('load_in_8bit');
  expect(countOf('warm-init')).toBe(0);
});

test('a merge that is to be handed over is written by the child', async () => {
  setFault({ 'warm-save': { name: 'error', error: 'OSError', text: 'No space left on device' } });
  const failure = await failureOf(unverified(1, { isCheckpointWanted: true }), node());
  expect(failure.type).toBe('disk_full');
});

test.each([
  ['ends by itself', { name: 'exit', code: 1 }, 'crash'],
  ['stands still', 'hang', 'hang'],
  ['stands still after a sign of life', 'progress-then-hang', 'hang'],
  ['ignores TERM', 'hang-ignoring-term', 'hang'],
  ['loses its card', 'cuda', 'crash'],
])(
  'after a child that %s the trial fails with its class and the next has a new one',
  async (_, fault, type) => {
    const acts = node();
    await run(unverified(1), acts);
    setFault({ 'warm-evaluate': fault });
    const limits = { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 0.01 };
    expect(await failureOf(unverified(2, { limits }), acts)).toMatchObject({ type });
    setFault({});
    expect(await run(unverified(3), acts)).toMatchObject({ mode: 'warm' });
    expect(countOf('warm-init')).toBe(2);
  },
);

test('a child that the kernel killed for want of memory is started again for half the batch, twice', async () => {
  const acts = node();
  setFault({ 'warm-evaluate': 'sigkill' });
  const failure = await failureOf(unverified(1), acts);
  expect(failure).toMatchObject({ type: 'out_of_memory', nonRetryable: true });
  expect(countOf('warm-init')).toBe(3);
});

test('a child that halved the batch itself is believed, and what fitted is told', async () => {
  setFault({ 'warm-evaluate': { name: 'small-batch', batch: 2 } });
  const result = await run(unverified(1), node());
  expect(result).toMatchObject({ mode: 'warm', attempt: 1, batchSize: 2 });
  expect(result.modeReason).toContain('batch size 2, since 8 needed too much memory');
});

test('a child that found no batch small enough is not asked again', async () => {
  const acts = node();
  setFault({ 'warm-evaluate': 'cuda-oom' });
  const failure = await failureOf(unverified(1), acts);
  expect(failure).toMatchObject({ type: 'out_of_memory', nonRetryable: true });
  expect(countOf('warm-evaluate')).toBe(1);
});

test('an error of one candidate leaves the child as it is', async () => {
  const acts = node();
  setFault({ 'warm-merge': { name: 'error', error: 'DegenerateMergeError', text: 'NaN in x' } });
  expect(await failureOf(unverified(1), acts)).toMatchObject({ type: 'degenerate_merge' });
  setFault({ 'warm-evaluate': 'cuda-oom' });
  expect(await failureOf(unverified(2), acts)).toMatchObject({ type: 'out_of_memory' });
  setFault({ 'warm-evaluate': 'truncated' });
  expect(await failureOf(unverified(3), acts)).toMatchObject({ type: 'truncated_results' });
  setFault({});
  await run(unverified(4), acts);
  // Out of memory is of the device: that child went.
  expect(countOf('warm-init')).toBe(2);
});

test('a child that has grown is started anew', async () => {
  const acts = node();
  for (const n of [1, 2]) await run(unverified(n), acts);
  setFault({ 'warm-evaluate': { name: 'none', rss: 2 ** 31 } });
  await run(unverified(3), acts);
  setFault({});
  await run(unverified(4), acts);
  expect(countOf('warm-init')).toBe(2);
});

test('a cancelled trial stops between two batches and leaves the child to the next', async () => {
  const acts = node();
  setFault({ 'warm-evaluate': 'until-cancelled' });
  const environment = newEnvironment();
  const cancelled = run(unverified(1), acts, environment);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('warm-evaluate');
  }, 20_000);
  environment.cancel();
  await expect(cancelled).rejects.toBeInstanceOf(CancelledFailure);
  setFault({});
  await run(unverified(2), acts);
  expect(countOf('warm-init')).toBe(1);
});

test('a cancelled trial whose child does not answer takes the child with it', async () => {
  const acts = node();
  setFault({ 'warm-evaluate': 'hang-ignoring-term' });
  const environment = newEnvironment();
  const cancelled = run(unverified(1), acts, environment);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('warm-evaluate');
  }, 20_000);
  environment.cancel();
  await expect(cancelled).rejects.toBeInstanceOf(CancelledFailure);
  setFault({});
  await run(unverified(2), acts);
  expect(countOf('warm-init')).toBe(2);
});

test('the log of each request lies in its attempt, without secrets', async () => {
  await run(unverified(1), node());
  expect(readFileSync(join(work(), '..', 'r1-e', 'attempt-1', 'merge.log'), 'utf8')).toContain(
    'merging',
  );
  expect(calls().length).toBeGreaterThan(0);
});
