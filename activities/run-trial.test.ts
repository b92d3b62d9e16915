import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { expect, test, vi } from 'vitest';
import { writeToyCheckpoint } from '../src/external/toy-checkpoint.fixture.js';
import type { TrialProgress } from './contracts.js';
import { createSlotPool } from './slots.js';
import {
  activities,
  failureOf,
  folder,
  input,
  newEnvironment,
  run,
  setFault,
  tools,
  toolsCalled,
  work,
  workRoot,
} from './run-trial.fixture.js';

test('a trial is merged, evaluated and written down, and what people read is published', async () => {
  const beats: TrialProgress[] = [];
  const environment = newEnvironment();
  environment.on('heartbeat', (beat: TrialProgress) => beats.push(beat));
  const result = await run({}, activities(), environment);
  expect(result).toMatchObject({ node: 'n1', attempt: 1, deviceClass: 'cpu', workDir: work() });
  expect(result.report.scores).toHaveLength(1);
  expect(result.report.documents[0]?.count).toBe(8);
  expect(result.checkpoint?.files).toHaveProperty(['model.safetensors']);
  expect(JSON.parse(readFileSync(work('result.json'), 'utf8'))).toEqual(result);
  expect(readdirSync(join(folder, 'results', 'demo', 'trials', '7')).sort()).toEqual([
    'evaluate.log',
    'merge.log',
    'merge.yaml',
    'results_2026-01-01T00-00-00.000000.json',
    'samples_shift_2026-01-01T00-00-00.000000.jsonl',
  ]);
  expect([...new Set(beats.map((beat) => beat.stage))]).toEqual([
    'queued',
    'merge',
    'evaluate',
    'collect',
  ]);
});

test('a second run returns the same result without running a tool', async () => {
  const first = await run();
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval']);
  const again = await run({ trial: '8' });
  expect(again).toEqual(first);
  expect(toolsCalled()).toHaveLength(2);
  expect(readdirSync(join(folder, 'results', 'demo', 'trials', '8'))).toContain('merge.yaml');
});

test('two runs of equal work at once run the tools once', async () => {
  setFault({ lm_eval: { name: 'sleep', seconds: 0.2 } });
  const acts = activities();
  const [first, second] = await Promise.all([run({}, acts), run({ trial: '8' }, acts)]);
  expect(second).toEqual(first);
  expect(toolsCalled()).toHaveLength(2);
});

test('a checkpoint that outlived its attempt is evaluated without another merge', async () => {
  setFault({ lm_eval: 'exit' });
  await failureOf();
  expect(existsSync(work('checkpoint', 'DONE'))).toBe(true);
  setFault({});
  const result = await run();
  expect(result.attempt).toBe(2);
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'lm_eval']);
});

test('a checkpoint without its marker, or with other bytes, is merged again', async () => {
  setFault({ lm_eval: 'exit' });
  await failureOf();
  rmSync(work('checkpoint', 'DONE'));
  await failureOf();
  writeFileSync(work('checkpoint', 'model.safetensors'), 'short');
  await failureOf();
  expect(toolsCalled().filter((tool) => tool === 'mergekit-yaml')).toHaveLength(3);
});

test('a parent that changed on disk makes the stored result worthless', async () => {
  const model = join(folder, 'parent');
  cpSync(tools, model, { recursive: true });
  const subject = { kind: 'model', label: 'p', model } as const;
  await run({ subject });
  await run({ subject });
  expect(toolsCalled()).toEqual(['lm_eval']);
  writeFileSync(join(model, 'lm_eval'), 'retrained');
  const result = await run({ subject });
  expect(toolsCalled()).toEqual(['lm_eval', 'lm_eval']);
  expect(result).not.toHaveProperty('checkpoint');
});

test('a result tells the bytes of base and parents, and another folder of the same bytes is as good', async () => {
  const model = await writeToyCheckpoint({}, join(folder, 'parent'));
  const subject = { kind: 'model', label: 'p', model } as const;
  const { parents } = await run({ subject, sources: { p: model, base: 'org/base' } });
  expect(Object.keys(parents ?? {})).toEqual(['p']);
  const moved = join(folder, 'moved');
  cpSync(model, moved, { recursive: true });
  const again = { subject: { ...subject, model: moved }, workKey: 'other' };
  expect((await run({ ...again, sources: { p: moved }, parents: parents! })).parents).toEqual(
    parents,
  );
});

test('a Hub model is fetched first, and its folder is what the tools get', async () => {
  const commit = 'a'.repeat(40);
  const repository = join(folder, 'cache', 'models--org--base');
  const snapshot = join(repository, 'snapshots', commit);
  await writeToyCheckpoint({}, snapshot);
  const python = join(folder, 'python');
  const fetcher = `case "$2" in *snapshot_download*) echo '{"snapshot": "${snapshot}"}';; *) exec python3 "$@";; esac`;
  writeFileSync(python, `#!/bin/sh\n${fetcher}\n`, { mode: 0o755 });
  const acts = activities({
    tools: {
      ...{ mergekitYaml: join(tools, 'mergekit-yaml'), lmEval: join(tools, 'lm_eval') },
      ...{ python, temporal: 'temporal' },
    },
  });
  const { subject } = input();
  const { parents } = await run({ subject, sources: { base: 'org/base' } }, acts);
  expect(Object.keys(parents ?? {})).toEqual(['base']);
  expect(readFileSync(work('attempt-1', 'merge.yaml'), 'utf8')).toContain(snapshot);
  const other = await failureOf(
    { sources: { base: 'org/base' }, parents: { base: 'f'.repeat(64) }, workKey: 'other' },
    acts,
  );
  expect(other.type).toBe('parent_changed');
  expect(other.message).toContain(`its commit ${commit} is not the one of the first score`);
});

test('a Hub model that a node can not get is left to other nodes', async () => {
  const python = join(folder, 'python');
  const refusal = `case "$2" in *snapshot_download*) echo 'GatedRepoError: 401 Client Error'; exit 1;; *) exec python3 "$@";; esac`;
  writeFileSync(python, `#!/bin/sh\n${refusal}\n`, { mode: 0o755 });
  const acts = activities({
    tools: { mergekitYaml: 'x', lmEval: 'x', python, temporal: 'temporal' },
  });
  const error = await failureOf({ sources: { base: 'org/base' } }, acts);
  expect(error).toMatchObject({ type: 'NodeRefused', nonRetryable: true });
  expect(error.message).toContain('Check the Hub id, and that HF_TOKEN on the node may read it.');
});

test('a parent whose bytes are not those that the sweep has pinned fails the trial before any tool runs', async () => {
  const model = await writeToyCheckpoint({}, join(folder, 'parent'));
  const more = {
    subject: { kind: 'model', label: 'p', model },
    sources: { p: model },
  } as const;
  const { parents } = await run(more);
  writeFileSync(join(model, 'config.json'), '{}');
  const error = await failureOf({ ...more, parents: parents! });
  expect(error).toMatchObject({ type: 'parent_changed', nonRetryable: true });
  expect(error.message).toContain(`(SHA-256 ${parents?.['p']?.slice(0, 16) ?? '?'})`);
  expect(error.message).toContain(`${model} (config.json differs)`);
  expect(error.message).toContain('npx mergesweep fork demo');
  expect(toolsCalled()).toEqual(['lm_eval']);
  expect(existsSync(work('result.json'))).toBe(true);
});

test('a merge that wants CUDA is refused by a CPU node', async () => {
  const mergeOptions = { cuda: true, lowCpuMemory: false, args: {} };
  expect((await failureOf({ mergeOptions })).type).toBe('NodeRefused');
  expect(toolsCalled()).toEqual([]);
});

test('a node with other tools than the first score had merges nothing, or says so in its result', async () => {
  const versions = { mergekit: '0.0.1' };
  const error = await failureOf({ pinnedTools: { versions, policy: 'refuse' } });
  expect(error).toMatchObject({ type: 'NodeRefused', nonRetryable: true });
  expect(error.details?.[0]).toMatchObject({ node: 'n1' });
  expect(toolsCalled()).toEqual([]);
  const result = await run({ pinnedTools: { versions, policy: 'warn' } });
  expect(result.modeReason).toMatch(
    /its tools are not those of the first score: mergekit .* instead of 0\.0\.1$/,
  );
});

test('a merge that the quota of the work folder has no room for is not begun', async () => {
  const baseModel = await writeToyCheckpoint({}, join(folder, 'base'));
  const { subject } = input();
  if (subject.kind !== 'merge') throw new Error('a merge');
  const recipe = { ...subject.recipe, baseModel };
  const error = await failureOf(
    { subject: { kind: 'merge', recipe } },
    activities({ diskQuotaBytes: 10 }),
  );
  expect(error.type).toBe('disk_full');
  expect(error.message).toContain('raise --disk-quota (now 10 B)');
  expect(toolsCalled()).toEqual([]);
});

test.each(['../evil', '/etc', '', '.', 'a/b'])('the work key %j is refused', async (workKey) => {
  expect((await failureOf({ workKey })).message).toContain('another workKey');
  await expect(
    activities().releaseCheckpoint({ trial: '1', node: 'n1', workKey, keep: false }),
  ).rejects.toThrow('another workKey');
});

test('merges go on while every evaluation slot is taken', async () => {
  const acts = activities({ gpuPool: createSlotPool([]) });
  const environments = [newEnvironment(), newEnvironment()];
  const ended = ['a', 'b'].map((workKey, index) =>
    expect(run({ workKey }, acts, environments[index])).rejects.toBeInstanceOf(CancelledFailure),
  );
  await vi.waitFor(() => {
    for (const key of ['a', 'b']) {
      expect(existsSync(join(workRoot(), key, 'checkpoint', 'DONE'))).toBe(true);
    }
  }, 10_000);
  for (const environment of environments) environment.cancel();
  await Promise.all(ended);
});
