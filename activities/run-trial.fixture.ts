/** A node with fake tools: faults on demand, a folder of its own, a look at what was called. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { NodeActivities, RunTrialInput, RunTrialResult } from './contracts.js';
import { createNodeActivities, type NodeDependencies } from './run-trial.js';
import { createSlotPool } from './slots.js';

export const tools = fileURLToPath(new URL('../test/fixtures/fake-tools/', import.meta.url));

export let folder: string;
export const newEnvironment = (): MockActivityEnvironment =>
  new MockActivityEnvironment({ attempt: 1 }, { logger: new DefaultLogger('ERROR') });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

export const workRoot = (): string => join(folder, 'work');
export const work = (...path: string[]): string => join(workRoot(), 'r-e', ...path);

export function activities(more: Partial<NodeDependencies> = {}) {
  return createNodeActivities({
    nodeId: 'n1',
    workRoot: workRoot(),
    publishRoot: join(folder, 'results'),
    tools: {
      mergekitYaml: join(tools, 'mergekit-yaml'),
      lmEval: join(tools, 'lm_eval'),
      python: 'python3',
      temporal: 'temporal',
    },
    deviceClass: 'cpu',
    mergePool: createSlotPool([{ id: 'merge' }]),
    gpuPool: createSlotPool([{ id: 'gpu', cudaDevices: ['3'] }]),
    threadsPerChild: 1,
    env: { PATH: process.env['PATH'], HF_TOKEN: 'canary-0123456789' },
    graceMs: 200,
    extraEnv: { FAKE_FAULTS: join(folder, 'faults.json'), FAKE_CALLS: join(folder, 'calls') },
    ...more,
  });
}

export const input = (more: Partial<RunTrialInput> = {}): RunTrialInput => ({
  ledgerId: 'l',
  sweep: 'demo',
  trial: '7',
  kind: 'search',
  subject: {
    kind: 'merge',
    recipe: {
      method: 'dare_ties',
      baseModel: 'org/base',
      models: [{ label: 'a', model: 'org/a', parameters: { weight: 0.5, density: 0.5 } }],
      parameters: {},
      dtype: 'float32',
      seed: 42,
    },
  },
  mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
  evaluation: {
    split: 'search',
    tasks: [{ name: 'shift', metric: 'exact_match,none', direction: 'maximize', weight: 1 }],
    model: 'hf',
    modelArgs: {},
    batchSize: 8,
    args: {},
  },
  limits: { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 1 },
  maxAttempts: 3,
  workKey: 'r-e',
  ...more,
});

export const setFault = (faults: Record<string, unknown>): void => {
  writeFileSync(join(folder, 'faults.json'), JSON.stringify(faults));
};
export interface ToolCall {
  readonly tool: string;
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly cards: string | null;
}
export const calls = (): ToolCall[] =>
  existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ToolCall)
    : [];
export const toolsCalled = (): string[] => calls().map((call) => call.tool);

export const run = (
  more: Partial<RunTrialInput> = {},
  acts = activities(),
  environment = newEnvironment(),
) =>
  environment.run<[RunTrialInput], RunTrialResult, NodeActivities['runTrial']>(
    (order) => acts.runTrial(order),
    input(more),
  );

export async function failureOf(more: Partial<RunTrialInput> = {}, acts = activities()) {
  const error: unknown = await run(more, acts).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
}

/** Processes that were started for this test: their environment names its folder. */
function survivors(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const isZombie = readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}
export const expectNoSurvivor = (): Promise<void> =>
  vi.waitFor(() => {
    if (process.platform === 'linux') expect(survivors()).toEqual([]);
  }, 5000);
