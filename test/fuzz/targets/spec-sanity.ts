/** What must hold of every sweep file that was accepted, said a second time, without the schema. */
import { isDeepStrictEqual } from 'node:util';
import { lmEvalArguments, planCalls } from '../../../src/evaluation/calls.js';
import { planEvaluation } from '../../../src/evaluation/plan-evaluation.js';
import { mergekitArguments } from '../../../src/merge/mergekit-arguments.js';
import { createSearchSpace } from '../../../src/space/search-space.js';
import type { SweepSpec } from '../../../src/spec/sweep-spec.js';

const name = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}$/;
const hubId = /^[\w.-]+\/[\w.-]+(@[\w.-]+)?$/;

/** What is wrong with an accepted spec; undefined where nothing is. */
export function findInsanity(spec: SweepSpec): string | undefined {
  try {
    checkNames(spec);
    checkValues(spec, []);
    checkNumbers(spec);
    checkSpace(spec);
    checkTools(spec);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function checkNames(spec: SweepSpec): void {
  const labels = spec.parents.map(({ label }) => label);
  const tasks = [...spec.file.tasks.search, ...spec.file.tasks.confirm].map((task) => task.name);
  for (const each of [spec.name, ...labels, ...tasks]) expect(name.test(each), `the name ${each}`);
  expect(new Set(labels).size === labels.length, 'two parents of one label');
  expect(!labels.some((label) => ['base', 'uniform', 'ties'].includes(label)), 'a reserved label');
  expect(labels.length >= 2 && labels.length <= 16, `${labels.length} parents`);
  for (const { model, isLocal } of [spec.base, ...spec.parents]) {
    expect(isLocal ? model.startsWith('/') : hubId.test(model), `the model ${model}`);
    expect(!model.split('/').includes('..'), `a model with .. (${model})`);
  }
  for (const folder of [spec.includePath, spec.evaluationCwd])
    expect(folder === undefined || /^\/[^\u0000]*$/.test(folder), `the folder ${folder}`); // eslint-disable-line no-control-regex -- NUL is what is looked for
  expect(/^[0-9a-f]{64}$/.test(spec.hash), `the hash ${spec.hash}`);
}

/** No key that reaches a prototype, no number that isn't one, no text that can't be written. */
function checkValues(value: unknown, path: readonly string[]): void {
  const where = path.join('.');
  if (typeof value === 'number') expect(Number.isFinite(value), `${where} is ${value}`);
  if (typeof value === 'string') expect(isPlain(value), `${where} is ${JSON.stringify(value)}`);
  if (typeof value !== 'object' || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlainObject = [Object.prototype, Array.prototype, null].includes(
    prototype as object | null,
  );
  expect(isPlainObject, `the prototype of ${where}`);
  for (const [key, child] of Object.entries(value)) {
    const isKey = isPlain(key) && !['__proto__', 'constructor', 'prototype'].includes(key);
    expect(isKey, `the key ${JSON.stringify(key)} in ${where}`);
    checkValues(child, [...path, key]);
  }
}

/** Control and bidirectional characters, and halves of a pair, which UTF-8 can't hold. */
const odd =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u;

const isPlain = (text: string): boolean => !odd.test(text);

function checkNumbers({ file, mergeSeed }: SweepSpec): void {
  const { optimizer, evaluation, limits, fidelity, storage, tasks } = file;
  whole('optimizer.max_trials', optimizer.max_trials, 1, 100_000);
  whole('optimizer.seed', optimizer.seed, 0, 2 ** 31 - 1);
  whole('merge.seed', mergeSeed, 0, 2 ** 31 - 1);
  whole('optimizer.finalists', optimizer.finalists, 1, 50);
  whole('evaluation.batch_size', evaluation.batch_size, 1, Number.MAX_SAFE_INTEGER);
  whole('limits.attempts', limits.attempts, 1, 10);
  whole('storage.keep_models', storage.keep_models, 0, 100);
  expect(optimizer.sigma0 > 0 && optimizer.sigma0 <= 1, `sigma0 ${optimizer.sigma0}`);
  for (const minutes of [limits.merge_minutes, limits.evaluate_minutes, limits.stall_minutes])
    expect(minutes > 0, `a limit of ${minutes} minutes`);
  const rungs = fidelity.rungs ?? [1];
  expect(
    rungs.every((rung, index) => rung > (rungs[index - 1] ?? 0)),
    'rungs that do not ascend',
  );
  expect(rungs.at(-1) === 1 || fidelity.strategy === 'off', 'a last rung that is not 1');
  expect(tasks.search.length >= 1, 'no search task');
  for (const task of [...tasks.search, ...tasks.confirm]) {
    expect(task.weight > 0, `the weight ${task.weight}`);
    expect(/^[^,\s]+,[^,\s]+$/.test(task.metric), `the metric ${task.metric}`);
    if (task.limit !== undefined) whole('limit', task.limit, 1, Number.MAX_SAFE_INTEGER);
  }
}

function checkSpace(spec: SweepSpec): void {
  const space = createSearchSpace(spec);
  const { dimensions, start } = space;
  for (const { name: dimension, min, max } of dimensions)
    expect(min < max, `the range ${min} to ${max} of ${dimension}`);
  expect(
    start.every((unit) => unit >= 0 && unit <= 1),
    'a start outside the box',
  );
  const vector = space.toVector(space.toCandidate(start).params);
  expect(vector?.length === dimensions.length, 'a start that is no point of the box');
}

/** What was accepted must also be what the programs can be given. */
function checkTools(spec: SweepSpec): void {
  for (const split of ['search', 'confirm'] as const)
    for (const call of planCalls(planEvaluation(spec, split)))
      lmEvalArguments(call, '/model', '/out').forEach(checkWord);
  const { cuda, low_cpu_memory: lowCpuMemory, args } = spec.file.merge;
  mergekitArguments('/config', '/out', { seed: 1 }, { cuda, lowCpuMemory, args }, 'cuda').forEach(
    checkWord,
  );
  const json = JSON.parse(JSON.stringify(spec.file)) as unknown;
  expect(isDeepStrictEqual(json, JSON.parse(JSON.stringify(json))), 'a file that JSON changes');
}

function checkWord(word: string): void {
  expect(isPlain(word), `the argument ${JSON.stringify(word)}`);
}

function whole(what: string, value: number, least: number, most: number): void {
  expect(Number.isSafeInteger(value) && value >= least && value <= most, `${what} ${value}`);
}

function expect(isTrue: boolean, otherwise: string): asserts isTrue {
  if (!isTrue) throw new Error(otherwise);
}
