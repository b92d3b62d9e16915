import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import type { TrialFailure } from '../src/errors.js';
import { writeToyCheckpoint } from '../src/external/toy-checkpoint.fixture.js';
import { clearFormerWork, dropUnreleased } from '../src/external/work-folder.js';
import type { TrialProgress } from './contracts.js';
import { createSlotPool } from './slots.js';
import {
  activities,
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

test('a failure of the machine says how long to wait, longer each time and two minutes at most', async () => {
  setFault({ lm_eval: 'sigkill' });
  const failWith = async (attempt: number): Promise<unknown> => {
    const environment = new MockActivityEnvironment({ attempt });
    const thrown: unknown = await run({}, activities(), environment).catch(
      (error: unknown) => error,
    );
    return (thrown as { nextRetryDelay?: unknown }).nextRetryDelay;
  };
  expect(await failWith(1)).toBe(5_000);
  expect(await failWith(3)).toBe(20_000);
  expect(await failWith(9)).toBe(120_000);
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

test.each([
  ['mergekit-yaml', 'exit', 'crash', 'merge'],
  ['mergekit-yaml', 'oom', 'out_of_memory', 'merge'],
  ['mergekit-yaml', 'disk-full', 'disk_full', 'merge'],
  ['mergekit-yaml', 'sigkill', 'out_of_memory', 'merge'],
  ['mergekit-yaml', 'no-output', 'no_output', 'merge'],
  ['mergekit-yaml', 'nan', 'degenerate_merge', 'merge'],
  ['mergekit-yaml', 'partial-write', 'no_output', 'merge'],
  ['mergekit-yaml', 'no-tokenizer', 'no_output', 'merge'],
  ['mergekit-yaml', 'partial-then-die', 'crash', 'merge'],
  ['lm_eval', 'exit', 'crash', 'evaluate'],
  ['lm_eval', 'no-output', 'no_output', 'evaluate'],
  ['lm_eval', 'no-results', 'no_output', 'evaluate'],
  ['lm_eval', 'two-results', 'no_output', 'evaluate'],
  ['lm_eval', 'truncated', 'truncated_results', 'evaluate'],
  ['lm_eval', 'no-samples', 'truncated_results', 'evaluate'],
  ['lm_eval', 'short', 'truncated_results', 'evaluate'],
  ['lm_eval', 'nan', 'bad_score', 'evaluate'],
  ['lm_eval', 'string-score', 'bad_score', 'evaluate'],
  ['lm_eval', 'missing-metric', 'configuration', 'evaluate'],
])('%s with the fault %s fails the trial as %s', async (tool, fault, failureClass, stage) => {
  setFault({ [tool]: fault });
  const error = await failureOf();
  const failure = error.details?.[0] as Record<string, unknown>;
  expect(failure).toMatchObject({
    ...{ class: failureClass, stage, attempt: 1, node: 'n1', reason: error.message },
  });
  expect(existsSync(failure['logPath'] as string)).toBe(true);
  expect(error.type).toBe(failureClass);
  const isInfrastructure = !['bad_score', 'degenerate_merge', 'configuration'].includes(
    failureClass,
  );
  expect(error.nonRetryable).toBe(!isInfrastructure);
  expect(existsSync(work('result.json'))).toBe(false);
  expect(existsSync(work('attempt-1', 'checkpoint.partial'))).toBe(false);
  expect(readdirSync(join(folder, 'results', 'demo', 'trials', '7'))).toContain('merge.log');
  await expectNoSurvivor();
});

test('an evaluation that does not fit is run again with half the batch, and what fitted is told', async () => {
  setFault({ lm_eval: { name: 'oom-above', batch: 2 } });
  const result = await run();
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'lm_eval', 'lm_eval']);
  expect(result).toMatchObject({ attempt: 3, batchSize: 2 });
  expect(result.modeReason).toBe(
    'evaluation.mode is cold; batch size 2, since 8 needed too much memory',
  );
  expect(result.failures).toMatchObject(
    [8, 4].map((batchSize, index) => ({
      ...{ class: 'out_of_memory', stage: 'evaluate', batchSize, isRetried: true },
      attempt: index + 1,
      logPath: work(`attempt-${index + 1}`, 'evaluate.log'),
    })),
  );
  expect(result.failures?.[0]?.logTail).toContain('CUDA out of memory');
});

test('out of memory is final when half the batch, twice, does not fit either', async () => {
  setFault({ lm_eval: 'oom' });
  const error = await failureOf();
  expect(error).toMatchObject({ type: 'out_of_memory', nonRetryable: true });
  expect(error.message).toContain('It was tried with batch sizes from 8 down to 2.');
  const failure = error.details?.[0] as TrialFailure;
  expect(failure).toMatchObject({ attempt: 3, batchSize: 2, stage: 'evaluate' });
  expect(failure.earlier?.map(({ batchSize }) => batchSize)).toEqual([8, 4]);
  expect(toolsCalled().filter((tool) => tool === 'lm_eval')).toHaveLength(3);
});

test('a batch of one that does not fit is tried again as any failure of a machine', async () => {
  setFault({ lm_eval: 'oom' });
  const error = await failureOf({ evaluation: { ...input().evaluation, batchSize: 1 } });
  expect(error).toMatchObject({ type: 'out_of_memory', nonRetryable: false });
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval']);
});

test('the next attempt, on whatever node, tells how the ones before it ended', async () => {
  setFault({ lm_eval: 'exit' });
  const beats: TrialProgress[] = [];
  const first = newEnvironment();
  first.on('heartbeat', (beat: TrialProgress) => beats.push(beat));
  await expect(run({}, activities(), first)).rejects.toThrow('it broke');
  setFault({});
  const heartbeatDetails = beats.at(-1);
  expect(heartbeatDetails?.hasEnded).toBe(true);
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
  const result = await run({}, activities({ nodeId: 'n2' }), second);
  expect(result.failures).toMatchObject([
    { class: 'crash', stage: 'evaluate', node: 'n1', attempt: 1, isRetried: true },
  ]);
});

test('an attempt whose node was lost is told as such by the next', async () => {
  const heartbeatDetails: TrialProgress = { stage: 'merge', percent: 40, node: 'n0' };
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
  const result = await run({}, activities(), second);
  expect(result.failures).toMatchObject([
    { class: 'node_lost', stage: 'merge', node: 'n0', attempt: 1, isRetried: true },
  ]);
});

test('of lost nodes four cost no attempt: the node ends a trial whose own are used up', async () => {
  setFault({ lm_eval: 'exit' });
  const isFinal = async (attempt: number, losses: number): Promise<unknown> => {
    const lost = { class: 'node_lost', reason: 'r', stage: 'merge', attempt: 1 } as const;
    const failures = Array.from({ length: losses }, () => lost);
    const heartbeatDetails = { stage: 'merge', percent: 0, node: 'n0', failures, hasEnded: true };
    const environment = new MockActivityEnvironment({ attempt, heartbeatDetails });
    return run({}, activities(), environment).catch(
      (error: unknown) => (error as { nonRetryable?: unknown }).nonRetryable,
    );
  };
  expect(await isFinal(2, 0)).toBe(false);
  expect(await isFinal(3, 0)).toBe(true);
  expect(await isFinal(6, 4)).toBe(false);
  expect(await isFinal(7, 4)).toBe(true);
  expect(await isFinal(7, 6)).toBe(true);
});

test('a full disk leaves no partial output, and says what is free where', async () => {
  setFault({ lm_eval: 'disk-full-midway' });
  const error = await failureOf();
  expect(error).toMatchObject({ type: 'disk_full', nonRetryable: false });
  expect(error.message).toContain(`are free in ${work()}`);
  expect(readdirSync(work('attempt-1')).sort()).toEqual([
    'evaluate.log',
    'merge.log',
    'merge.yaml',
  ]);
  setFault({});
  expect((await run()).attempt).toBe(2);
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'lm_eval']);
});

test('a work folder that can not be written is a failure with advice', async () => {
  writeFileSync(join(folder, 'work'), 'a file');
  const error = await failureOf();
  expect(error).toMatchObject({ type: 'disk_unusable', nonRetryable: false });
  expect(error.message).toContain('mend its permissions or its disk');
});

test.each(['hang', 'hang-ignoring-term', 'hang-with-all', 'busy-loop'])(
  '%s is killed as a hang with everything it started',
  async (fault) => {
    setFault({ lm_eval: fault });
    const limits = { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 0.8 / 60 };
    expect((await failureOf({ limits })).type).toBe('hang');
    await expectNoSurvivor();
  },
);

test('a stage that takes too long is a time-out', async () => {
  setFault({ 'mergekit-yaml': 'hang-with-all' });
  const limits = { mergeMinutes: 0.5 / 60, evaluateMinutes: 1, stallMinutes: 1 };
  expect((await failureOf({ limits })).type).toBe('timeout');
  await expectNoSurvivor();
});

test('a cancelled trial ends as cancelled and leaves no process', async () => {
  setFault({ lm_eval: 'hang-with-all' });
  const environment = newEnvironment();
  const running = run({}, activities(), environment);
  const ended = expect(running).rejects.toBeInstanceOf(CancelledFailure);
  await vi.waitFor(() => {
    expect(toolsCalled()).toContain('lm_eval');
  }, 10_000);
  environment.cancel();
  await ended;
  await expectNoSurvivor();
});

test('a trial that waits for a slot can be cancelled', async () => {
  const gpuPool = createSlotPool([]);
  const environment = newEnvironment();
  const running = run({}, activities({ gpuPool }), environment);
  const ended = expect(running).rejects.toBeInstanceOf(CancelledFailure);
  await vi.waitFor(() => {
    expect(existsSync(work('checkpoint', 'DONE'))).toBe(true);
  }, 10_000);
  environment.cancel();
  await ended;
});

test.each(['leave-grandchild', 'setsid-daemon'])(
  'what %s leaves does not outlive a tool that ended well',
  async (fault) => {
    setFault({ lm_eval: fault });
    await run();
    await expectNoSurvivor();
  },
);

test('no secret of the environment is in a failure or in a file', async () => {
  setFault({ lm_eval: 'print-secret' });
  const error = await failureOf();
  expect(error.message).toContain('[secret]');
  expect(JSON.stringify(error.details)).not.toContain('canary');
  expect(readFileSync(work('attempt-1', 'evaluate.log'), 'utf8')).not.toContain('canary');
});

test('a missing program pauses the sweep and says how to get it', async () => {
  const acts = activities({
    tools: { mergekitYaml: 'mergekit-nope', lmEval: 'x', python: 'python3', temporal: 'x' },
  });
  const error = await failureOf({}, acts);
  expect(error).toMatchObject({ type: 'tool_missing', nonRetryable: true });
  expect(error.message).toContain('mergekit-nope');
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

test('release drops the checkpoint and keeps the result, and twice is once', async () => {
  const first = await run();
  const acts = activities();
  const order = { trial: '7', node: 'n1', workKey: 'r-e', keep: false };
  await acts.releaseCheckpoint(order);
  await acts.releaseCheckpoint(order);
  expect(existsSync(work('checkpoint'))).toBe(false);
  expect(await run()).toEqual(first);
  await acts.releaseCheckpoint({ ...order, workKey: 'unknown' });
});

test('a promotion takes the merge over that its node has, and outlives its release', async () => {
  const acts = activities();
  const first = await run({}, acts);
  const holder = { node: 'n1', workKey: 'r-e' };
  const promotion = await run({ trial: '7r2', workKey: 'r-e2', holder }, acts);
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'lm_eval']);
  expect(promotion.checkpoint).toEqual(first.checkpoint);
  expect(promotion.seconds.merge).toBe(0);
  await acts.releaseCheckpoint({ trial: '7', node: 'n1', workKey: 'r-e', keep: false });
  expect(existsSync(work('checkpoint'))).toBe(false);
  expect(existsSync(join(workRoot(), 'r-e2', 'checkpoint', 'model.safetensors'))).toBe(true);
});

test.each([
  ['gone', () => ({ path: work('checkpoint', 'DONE'), text: '' })],
  ['torn', () => ({ path: work('checkpoint', 'model.safetensors'), text: 'x' })],
  ['of other inputs', () => ({ path: work('inputs.json'), text: '{"hash":"other"}' })],
])('a promotion is merged anew where the merge is %s', async (_, spoil) => {
  await run();
  const { path, text } = spoil();
  writeFileSync(path, text);
  const holder = { node: 'n1', workKey: 'r-e' };
  const promotion = await run({ trial: '7r2', workKey: 'r-e2', holder });
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'mergekit-yaml', 'lm_eval']);
  expect(promotion.checkpoint?.files).toHaveProperty(['model.safetensors']);
});

test('a checkpoint whose release was lost goes after an hour, a kept one does not', async () => {
  await run();
  const age = (name: string) => {
    utimesSync(work(name), 1, 1);
  };
  const sweep = async () => {
    await clearFormerWork(workRoot());
    await dropUnreleased(workRoot());
    return existsSync(work('checkpoint', 'DONE'));
  };
  expect(await sweep()).toBe(true);
  age('result.json');
  await activities().releaseCheckpoint({ trial: '7', node: 'n1', workKey: 'r-e', keep: true });
  expect(await sweep()).toBe(true);
  rmSync(work('KEEP'));
  expect(await sweep()).toBe(false);
  expect(existsSync(work('result.json'))).toBe(true);
  await dropUnreleased(join(folder, 'nowhere'));
});

test('a merge that was never evaluated goes when its node starts anew, and not under it', async () => {
  setFault({ lm_eval: 'exit' });
  await failureOf();
  utimesSync(work('checkpoint', 'DONE'), 1, 1);
  await dropUnreleased(workRoot());
  expect(existsSync(work('checkpoint', 'DONE'))).toBe(true);
  await clearFormerWork(workRoot());
  expect(existsSync(work('checkpoint'))).toBe(false);
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
