import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import type { TrialFailure } from '../src/errors.js';
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
  toolsCalled,
  work,
} from './run-trial.fixture.js';

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
