/** One trial by the real mergekit-yaml and lm_eval on the zoo: about 40 CPU-seconds. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodeActivities, RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { createNodeActivities } from '../../activities/run-trial.js';
import { createSlotPool } from '../../activities/slots.js';
import { verifyCheckpoint } from '../../src/external/checkpoint-manifest.js';
import { unpackReport } from '../../src/external/packed-report.js';
import { renderBestConfig } from '../../src/merge/best-config.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, '.venv/bin');
const zoo = join(root, 'zoo');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const task = (name: string, metric: string, direction: 'maximize' | 'minimize', limit: number) => ({
  name,
  metric,
  direction,
  limit,
  weight: 1,
});

test('a real trial is scored, and the header of best_config.yaml rebuilds its bytes', async () => {
  const recipe = {
    method: 'dare_ties',
    baseModel: join(zoo, 'models/base'),
    models: ['shift', 'rev', 'third'].map((skill) => ({
      label: `spec-${skill}`,
      model: join(zoo, `models/spec-${skill}`),
      parameters: { weight: 0.6, density: 0.7 },
    })),
    parameters: {},
    dtype: 'float32',
    seed: 7,
  };
  const input: RunTrialInput = {
    ledgerId: 'l',
    sweep: 'e2e',
    trial: '1',
    kind: 'search',
    subject: { kind: 'merge', recipe },
    mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
    evaluation: {
      split: 'search',
      tasks: [
        task('zoo_shift_search', 'exact_match,none', 'maximize', 20),
        task('zoo_third_search', 'acc,none', 'maximize', 20),
        task('zoo_text_search', 'bits_per_byte,none', 'minimize', 20),
      ],
      model: 'hf',
      modelArgs: { dtype: 'float32' },
      batchSize: 32,
      device: 'cpu',
      includePath: join(zoo, 'tasks'),
      cwd: root,
      args: {},
    },
    limits: { mergeMinutes: 10, evaluateMinutes: 10, stallMinutes: 5 },
    maxAttempts: 1,
    workKey: 'e2e-1',
  };
  const activities = createNodeActivities({
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
    threadsPerChild: 1,
    extraEnv: { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' },
  });
  const environment = new MockActivityEnvironment({ attempt: 1 });
  const result = await environment.run<[RunTrialInput], RunTrialResult, NodeActivities['runTrial']>(
    (order) => activities.runTrial(order),
    input,
  );

  const report = unpackReport(result.report);
  expect(report.scores.map((score) => score.documents)).toEqual([20, 20, 20]);
  expect(report.documents.map((each) => each.values.length)).toEqual([20, 20, 20]);
  const [shift] = report.documents;
  const mean = (shift?.values ?? []).reduce((sum, value) => sum + value, 0) / 20;
  expect(mean).toBeCloseTo(report.scores[0]?.value ?? NaN, 12);
  expect(result.versions).toMatchObject({ mergekit: '0.1.5', lm_eval: '0.4.13' });
  expect(existsSync(join(result.workDir, 'checkpoint', 'tokenizer.json'))).toBe(true);

  const checkpoint = result.checkpoint;
  const config = renderBestConfig(recipe, {
    sweep: 'e2e',
    trial: '1',
    mergeOptions: input.mergeOptions,
    deviceClass: result.deviceClass,
    scores: [],
    ...(checkpoint === undefined ? {} : { files: checkpoint.files }),
  });
  writeFileSync(join(folder, 'best_config.yaml'), config);
  const command = /^# {3}(mergekit-yaml .*)$/m.exec(config)?.[1] ?? '';
  await execa('/bin/sh', ['-c', command], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' },
  });
  expect(await verifyCheckpoint(join(folder, 'OUT'), recipe.baseModel)).toEqual(checkpoint);
  expect(readFileSync(join(folder, 'best_config.yaml'), 'utf8')).toContain(
    Object.values(checkpoint?.files ?? {})[0],
  );
});
