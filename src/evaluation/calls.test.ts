import { expect, test } from 'vitest';
import { lmEvalArguments, planCalls } from './calls.js';
import type { EvaluationPlan, PlannedTask } from './plan.js';
import { createWorkKey, fingerprintEvaluation } from './work-key.js';

const task = (name: string, more: Partial<PlannedTask> = {}): PlannedTask => ({
  name,
  metric: 'acc,none',
  direction: 'maximize',
  weight: 1,
  ...more,
});
const plan: EvaluationPlan = {
  split: 'search',
  tasks: [
    task('a', { numFewshot: 5 }),
    task('b'),
    task('c', { numFewshot: 5 }),
    task('b', { metric: 'acc_norm,none' }),
    task('d', { limit: 10 }),
    task('e', { numFewshot: 0 }),
  ],
  model: 'hf',
  modelArgs: { dtype: 'bfloat16' },
  batchSize: 8,
  includePath: '/tasks',
  device: 'cpu',
  args: { apply_chat_template: true, fewshot_as_multiturn: false, gen_kwargs: '-x=1' },
};

test('tasks are grouped by few-shot count and limit, in the order of the plan', () => {
  const names = planCalls(plan).map((call) => call.tasks.map((each) => each.name));
  expect(names).toEqual([['a', 'c'], ['b', 'b'], ['d'], ['e']]);
  expect(planCalls(plan).map((call) => [call.numFewshot, call.limit])).toEqual([
    [5, undefined],
    [undefined, undefined],
    [undefined, 10],
    [0, undefined],
  ]);
});

test('the argv names every task once and gives everything in words of its own', () => {
  const [, call] = planCalls(plan);
  expect(lmEvalArguments(call!, '/work/a,b=c "d"', '/out')).toEqual([
    'run',
    '--model=hf',
    '--model_args',
    '{"pretrained":"/work/a,b=c \\"d\\"","dtype":"bfloat16"}',
    '--tasks=b',
    '--batch_size=8',
    '--device=cpu',
    '--include_path=/tasks',
    '--seed=0,1234,1234,1234',
    '--log_samples',
    '--output_path=/out',
    '--apply_chat_template',
    '--gen_kwargs=-x=1',
  ]);
});

test('few-shot count and limit are given when the call has them', () => {
  const calls = planCalls({ ...plan, tasks: [task('a', { numFewshot: 0, limit: 1 })] });
  const args = lmEvalArguments(calls[0]!, '/m', '/out');
  expect(args).toContain('--num_fewshot=0');
  expect(args).toContain('--limit=1');
});

const closed = ['tasks', 'output_path', 'use_cache', 'trust_remote_code'];
// argparse takes the beginning of a name for the name.
const beginnings = ['task', 'out', 'trust_remote', 'model_arg'];
test.each([...closed, ...beginnings, '-x', 'a b', 'A', '__proto__x-'])(
  'the argument %j is refused from a sweep file',
  (key) => {
    const [call] = planCalls({ ...plan, args: { [key]: 'x' } });
    expect(() => lmEvalArguments(call!, '/m', '/out')).toThrow(/evaluation\.args/);
  },
);

test('a sweep file may not set pretrained', () => {
  const [call] = planCalls({ ...plan, modelArgs: { pretrained: '/other' } });
  expect(() => lmEvalArguments(call!, '/m', '/out')).toThrow(/pretrained is set per trial/);
});

test('the fingerprint knows what changes a score, and only that', () => {
  const hash = fingerprintEvaluation(plan);
  const [first, ...rest] = plan.tasks;
  const heavier = { ...plan, tasks: [{ ...first!, weight: 2, for: 'x' }, ...rest] };
  expect(fingerprintEvaluation(heavier)).toBe(hash);
  const others = [
    { ...plan, batchSize: 16 },
    { ...plan, split: 'confirm' as const },
    { ...plan, tasks: [{ ...first!, limit: 3 }, ...rest] },
  ].map(fingerprintEvaluation);
  expect(new Set([...others, hash]).size).toBe(4);
});

test('the work key is a safe folder name and differs with the merge options', () => {
  const subject = { kind: 'model', label: 'x', model: '/zoo/x' } as const;
  const options = { cuda: false, lowCpuMemory: false, args: {} };
  expect(createWorkKey(subject, options, plan)).toMatch(/^[0-9a-f]{16}-[0-9a-f]{16}$/);
  const recipe = {
    method: 'linear',
    baseModel: '/b',
    models: [],
    parameters: {},
    dtype: 'float32',
    seed: 1,
  };
  const merge = { kind: 'merge', recipe } as const;
  expect(createWorkKey(merge, { ...options, cuda: true }, plan)).not.toBe(
    createWorkKey(merge, options, plan),
  );
});
