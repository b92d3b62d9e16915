/** Where the stages of trials run on a node with cards, and what is on those beside them. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { endMarked, isAlive, workVariable } from '../src/external/marked-processes.js';
import { writeFakeNvidiaSmi } from '../src/external/nvidia-smi.fixture.js';
import { WarmChildren } from '../src/external/warm-children.js';
import type { RunTrialInput } from './contracts.js';
import {
  activities,
  calls,
  expectNoSurvivor,
  failureOf,
  folder,
  input,
  run,
  setFault,
  tools,
  toolsCalled,
  workRoot,
} from './run-trial.fixture.js';
import type { NodeDependencies } from './run-trial.js';
import { createSlotPool } from './slots.js';

let children = new WarmChildren();
afterEach(async () => {
  await children.close();
  children = new WarmChildren();
  await endMarked(workRoot());
  await expectNoSurvivor();
});

const slot = { id: 'slot-1', cudaDevices: ['0'] };
const node = (more: Partial<NodeDependencies> = {}) =>
  activities({
    deviceClass: 'cuda',
    tools: {
      mergekitYaml: join(tools, 'mergekit-yaml'),
      lmEval: join(tools, 'lm_eval'),
      python: join(tools, 'python'),
      temporal: 'temporal',
    },
    gpuPool: createSlotPool([slot]),
    mergePool: createSlotPool([{ id: 'merge', cudaDevices: ['1'] }]),
    warm: { children, places: createSlotPool([slot]), pythonPath: tools },
    ...more,
  });

/** A trial of its own merge; `n` tells them apart. */
const trial = (n: number, mode: 'auto' | 'warm' | 'cold' = 'auto'): Partial<RunTrialInput> => {
  const { subject } = input();
  if (subject.kind !== 'merge') throw new Error('expected a merge');
  const models = subject.recipe.models.map((model) => ({ ...model, parameters: { weight: n } }));
  return {
    trial: `${n}`,
    evaluator: {
      ...{ mode, isVerified: true, dtype: 'float32' },
      ...{ baseModel: 'org/base', models: ['org/base', 'org/a'] },
    },
    subject: { kind: 'merge', recipe: { ...subject.recipe, models } },
    mergeOptions: { cuda: true, lowCpuMemory: false, args: {} },
    workKey: `r${n}-e`,
  };
};
const startOf = (tool: string): number =>
  calls().find((call) => call.tool === tool)?.at ?? Number.NaN;

test('spare: merges have their card and evaluations theirs, so nothing is kept warm on both', async () => {
  const acts = node({ strategy: 'spare' });
  const result = await run(trial(1), acts);
  expect(result.mode).toBe('cold');
  expect(result.modeReason).toContain('--strategy spare keeps the two apart');
  expect(calls()).toMatchObject([
    { tool: 'mergekit-yaml', cards: '1' },
    { tool: 'lm_eval', cards: '0' },
  ]);
  expect(await failureOf(trial(2, 'warm'), acts)).toMatchObject({ type: 'configuration' });
});

test('serial: a proof is made in one slot, one way after the other', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  const result = await run(trial(1), node({ strategy: 'serial' }));
  expect(result.modeReason).toBe('to prove that warm equals it');
  expect(new Set(calls().map(({ cards }) => cards))).toEqual(new Set(['0']));
  expect(startOf('warm-init')).toBeGreaterThanOrEqual(startOf('lm_eval') + 0.5);
});

test('serial: a kept model leaves the card while another trial is evaluated cold on it', async () => {
  const acts = node({ strategy: 'serial' });
  await run(trial(1), acts);
  expect(await run(trial(2), acts)).toMatchObject({ mode: 'warm' });
  expect(children.has('slot-1')).toBe(true);
  const model = { kind: 'model', label: 'a', model: 'org/a' } as const;
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  await run({ ...trial(3), subject: model }, acts);
  expect(children.has('slot-1')).toBe(false);
  await run(trial(4), acts);
  expect(toolsCalled().filter((tool) => tool === 'warm-init')).toHaveLength(2);
});

test('serial: trials that wait for a proof hold no slot, and start nothing beside it', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.5 } });
  const acts = node({ strategy: 'serial' });
  const [first, second] = await Promise.all([run(trial(1), acts), run(trial(2), acts)]);
  expect([first.mode, second.mode].sort()).toEqual(['cold', 'warm']);
  expect(toolsCalled().filter((tool) => tool === 'warm-init')).toHaveLength(1);
  expect(startOf('warm-init')).toBeGreaterThanOrEqual(startOf('lm_eval') + 0.5);
});

test.runIf(process.platform === 'linux')(
  'what an ended trial left on a card is gone before the next begins there',
  async () => {
    const smi = writeFakeNvidiaSmi(folder);
    const PATH = `${smi.folder}:${process.env['PATH'] ?? ''}`;
    const env = { PATH, [workVariable]: join(workRoot(), 'r9-e') };
    const { pid = 0 } = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
    smi.setProcesses([{ pid, usedMib: 70_000 }]);
    const result = await run(trial(1, 'cold'), node({ env: { PATH } }));
    expect(isAlive(pid)).toBe(false);
    expect(result.modeReason).toBe('evaluation.mode is cold');
    expect(smi.calls().map((call) => call.split(' ').at(-1))).toContain('0');
  },
);

test.runIf(process.platform === 'linux')(
  'a process that keeps its model is no stranger on its card',
  async () => {
    const smi = writeFakeNvidiaSmi(folder);
    const env = { PATH: `${smi.folder}:${process.env['PATH'] ?? ''}` };
    const acts = node({ env });
    await run(trial(1), acts);
    const { pid = 0 } = calls().find(({ tool }) => tool === 'warm-init') ?? {};
    smi.setProcesses([{ pid, usedMib: 20_000 }]);
    expect(await run(trial(2), acts)).toMatchObject({
      mode: 'warm',
      modeReason: 'trial 1 of demo on n1 gave the same bits and scores in both ways',
    });
    expect(isAlive(pid)).toBe(true);
  },
);

test('a CPU node asks nobody about cards', async () => {
  const smi = writeFakeNvidiaSmi(folder);
  const env = { PATH: `${smi.folder}:${process.env['PATH'] ?? ''}` };
  await run({}, activities({ env }));
  expect(smi.calls()).toEqual([]);
});
