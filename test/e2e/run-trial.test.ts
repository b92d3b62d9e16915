/** Trials by the real mergekit-yaml, lm_eval and warm child on the zoo: about 60 CPU-seconds. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { NodeActivities, RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { createNodeActivities } from '../../activities/run-trial.js';
import { createSlotPool } from '../../activities/slots.js';
import { verifyCheckpoint } from '../../src/external/checkpoint-manifest.js';
import { unpackReport } from '../../src/external/packed-report.js';
import { WarmChildren } from '../../src/external/warm-children.js';
import { renderBestConfig } from '../../src/merge/best-config.js';
import type { MergeRecipe } from '../../src/merge/recipe.js';

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const bin = join(root, '.venv/bin');
const zoo = join(root, 'zoo');
const isLinux = process.platform === 'linux';
const children = new WarmChildren();
let folder: string;
let activities: NodeActivities;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
  activities = createNodeActivities({
    nodeId: 'e2e',
    workRoot: join(folder, 'work'),
    tools: {
      mergekitYaml: join(bin, 'mergekit-yaml'),
      lmEval: join(bin, 'lm_eval'),
      python: join(bin, 'python'),
      temporal: join(bin, 'temporal'),
    },
    deviceClass: 'cpu',
    mergePool: createSlotPool([{ id: 'merge' }]),
    gpuPool: createSlotPool([{ id: 'cpu' }]),
    warm: {
      children,
      places: createSlotPool([{ id: 'place' }]),
      pythonPath: join(root, 'python'),
    },
    threadsPerChild: 1,
    extraEnv: { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' },
  });
});
afterAll(async () => {
  await children.close();
  rmSync(folder, { recursive: true, force: true });
});

const toRecipe = (weight: number): MergeRecipe => ({
  method: 'dare_ties',
  baseModel: join(zoo, 'models/base'),
  models: ['shift', 'rev', 'third'].map((skill) => ({
    label: `spec-${skill}`,
    model: join(zoo, `models/spec-${skill}`),
    parameters: { weight, density: 0.7 },
  })),
  parameters: {},
  dtype: 'float32',
  seed: 7,
});

/** @param limit documents of each task; absent: all */
function toInput(trial: string, recipe: MergeRecipe, limit?: number): RunTrialInput {
  const task = (name: string, metric: string, direction: 'maximize' | 'minimize') => ({
    name,
    metric,
    direction,
    weight: 1,
    ...(limit === undefined ? {} : { limit }),
  });
  return {
    ledgerId: 'l',
    sweep: 'e2e',
    trial,
    kind: 'search',
    subject: { kind: 'merge', recipe },
    mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
    evaluation: {
      split: 'search',
      tasks: [
        task('zoo_shift_search', 'exact_match,none', 'maximize'),
        task('zoo_third_search', 'acc,none', 'maximize'),
        task('zoo_text_search', 'bits_per_byte,none', 'minimize'),
      ],
      model: 'hf',
      modelArgs: { dtype: 'float32' },
      batchSize: 32,
      device: 'cpu',
      includePath: join(zoo, 'tasks'),
      cwd: root,
      args: {},
    },
    evaluator: {
      mode: 'auto',
      baseModel: recipe.baseModel,
      models: [recipe.baseModel, ...recipe.models.map(({ model }) => model)],
      dtype: 'float32',
      isVerified: true,
    },
    limits: { mergeMinutes: 10, evaluateMinutes: 10, stallMinutes: 5 },
    maxAttempts: 2,
    workKey: `e2e-${trial}`,
  };
}

const run = (input: RunTrialInput, attempt = 1): Promise<RunTrialResult> =>
  new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run<
    [RunTrialInput],
    RunTrialResult,
    NodeActivities['runTrial']
  >((order) => activities.runTrial(order), input);

/** Processes that were started here, by their environment; zombies left out. */
function listOurs(): { readonly pid: number; readonly group: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      return isOurs && state !== 'Z' ? [{ pid, group: Number(group) }] : [];
    } catch {
      return []; // it ended meanwhile, or is not ours to look at
    }
  });
}
const listGroups = (): number[] => [...new Set(listOurs().map(({ group }) => group))];

test('the first merge of a node is scored cold, and proved equal to its warm evaluation', async () => {
  const result = await run(toInput('1', toRecipe(0.6), 20));
  expect(result).toMatchObject({ mode: 'cold', modeReason: 'to prove that warm equals it' });

  const report = unpackReport(result.report);
  expect(report.scores.map((score) => score.documents)).toEqual([20, 20, 20]);
  expect(report.documents.map((each) => each.values.length)).toEqual([20, 20, 20]);
  const [shift] = report.documents;
  const mean = (shift?.values ?? []).reduce((sum, value) => sum + value, 0) / 20;
  expect(mean).toBeCloseTo(report.scores[0]?.value ?? NaN, 12);
  expect(result.versions).toMatchObject({ mergekit: '0.1.5', lm_eval: '0.4.13' });
  expect(existsSync(join(result.workDir, 'checkpoint', 'tokenizer.json'))).toBe(true);
  expect(result.checkpoint?.files).toHaveProperty(['model.safetensors']);
});

test('the header of best_config.yaml rebuilds the bytes that the warm child saved', async () => {
  const recipe = toRecipe(0.4);
  const input = { ...toInput('2', recipe, 20), isCheckpointWanted: true };
  const result = await run(input);
  expect(result).toMatchObject({
    mode: 'warm',
    modeReason: 'trial 1 of e2e on e2e gave the same bits and scores in both ways',
  });

  const checkpoint = result.checkpoint;
  const config = renderBestConfig(recipe, {
    sweep: 'e2e',
    trial: '2',
    mergeOptions: input.mergeOptions,
    deviceClass: result.deviceClass,
    scores: [],
    ...(checkpoint === undefined ? {} : { files: checkpoint.files }),
  });
  const rebuilt = join(folder, 'rebuilt');
  mkdirSync(rebuilt);
  writeFileSync(join(rebuilt, 'best_config.yaml'), config);
  const command = /^# {3}(mergekit-yaml .*)$/m.exec(config)?.[1] ?? '';
  await execa('/bin/sh', ['-c', command], {
    cwd: rebuilt,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' },
  });
  expect(checkpoint?.files).toHaveProperty(['model.safetensors']);
  expect(await verifyCheckpoint(join(rebuilt, 'OUT'), recipe.baseModel)).toEqual(checkpoint);
  expect(config).toContain(Object.values(checkpoint?.files ?? {})[0]);
});

test.runIf(isLinux)(
  'a trial whose child is killed in the middle goes on in a new child, with half the batch, and says so',
  async () => {
    // All documents, so that there is a middle; the same child as above: the limit is none of its settings.
    const whole = toInput('3', toRecipe(0.5));
    const input: RunTrialInput = {
      ...whole,
      evaluator: { ...whole.evaluator!, isVerified: false },
    };
    const [former] = listGroups();
    expect(listGroups()).toEqual([former]);

    const running = run(input);
    const log = join(folder, 'work', input.workKey, 'attempt-1', 'evaluate.log');
    await vi.waitFor(
      () => {
        expect(readFileSync(log, 'utf8')).toMatch(/Running \w+ requests/);
      },
      { timeout: 60_000, interval: 2 },
    );
    process.kill(-former!, 'SIGKILL');
    // Nobody but the kernel kills so: what it kills for is memory.
    expect(await running).toMatchObject({
      ...{ mode: 'warm', attempt: 2, batchSize: 16 },
      failures: [{ class: 'out_of_memory', stage: 'evaluate', attempt: 1, batchSize: 32 }],
    });
    expect(listGroups()).toHaveLength(1);
    expect(listGroups()).not.toContain(former);
  },
);

test.runIf(isLinux)('no process survives the closing of the children', async () => {
  expect(listOurs()).not.toEqual([]);
  await children.close();
  await vi.waitFor(() => {
    expect(listOurs()).toEqual([]);
  });
});
