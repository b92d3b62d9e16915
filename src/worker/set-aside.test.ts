import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeRefusal, RunTrialInput } from '../../activities/contracts.js';
import { NodeStanding } from '../../activities/node-standing.js';
import { isNodeRefused, nodeRefused, refusalOf } from '../../activities/refuse-node.js';
import type { FailureClass } from '../errors.js';
import { makeResult, makeRun } from '../../workflows/trial.fixture.js';
import { asideMs, settingAside } from './set-aside.js';

let standing: NodeStanding;
let messages: string[];
let now: number;
/** How the next trials end: with a class, or well. */
let ends: (FailureClass | 'well' | 'cancelled')[];
let run: (sweep?: string) => Promise<NodeRefusal | string>;
let started: number;

const failed = (type: FailureClass): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message: type,
    details: [{ class: type, reason: `it was ${type}.`, stage: 'merge', attempt: 1 }],
  });

beforeEach(() => {
  [standing, messages, now, ends, started] = [new NodeStanding(), [], 0, [], 0];
  const runTrial = settingAside(
    ({ trial }: RunTrialInput) => {
      started += 1;
      const end = ends.shift() ?? 'well';
      if (end === 'well') return Promise.resolve(makeResult(trial));
      return Promise.reject(end === 'cancelled' ? new Error(end) : failed(end));
    },
    { nodeId: 'n1', standing, onMessage: (text) => messages.push(text), now: () => now },
  );
  run = (sweep = 'demo') =>
    runTrial(makeRun('1', { sweep })).then(
      () => 'well',
      (error: unknown) => {
        if (isNodeRefused(error)) return refusalOf(error) ?? 'refused';
        return error instanceof Error ? error.message : 'nothing';
      },
    );
});

describe('a node that fails trials by its own fault', () => {
  it.each(['card_unusable', 'disk_unusable', 'start_refused', 'tool_missing'] as const)(
    'gives a trial back that failed with %s, so that it costs no attempt',
    async (failureClass) => {
      ends = [failureClass];
      expect(await run()).toMatchObject({
        node: 'n1',
        reason: `it was ${failureClass}.`,
        failure: { class: failureClass },
      });
      expect(standing.state).toBe('ready');
    },
  );

  it('is set aside after three in a row, says why, and starts no further one', async () => {
    ends = ['card_unusable', 'disk_unusable', 'card_unusable'];
    for (let count = 0; count < 3; count += 1) await run();
    expect(standing.state).toBe('set-aside');
    expect(standing.reason).toContain('3 trials in a row');
    expect([asideMs - 1, asideMs].map((at) => standing.isOnTrial(at))).toEqual([false, true]);
    expect(messages).toEqual([expect.stringContaining('Node n1 takes no more trials.')]);
    expect(await run()).toMatchObject({ reason: standing.reason });
    expect(started).toBe(3);
  });

  it.each(['well', 'bad_score'] as const)('is not, where one between ended %s', async (end) => {
    ends = ['card_unusable', 'card_unusable', end, 'card_unusable', 'card_unusable'];
    for (let count = 0; count < 5; count += 1) await run();
    expect(standing.state).toBe('ready');
  });

  it('is not for crashes, hangs and want of memory: they may be the sweep’s', async () => {
    ends = ['crash', 'hang', 'out_of_memory', 'configuration'];
    for (const end of [...ends]) expect(await run()).toBe(end);
    expect(standing.state).toBe('ready');
  });

  it('tries itself again after ten minutes, with one trial at once, and is back when that is well', async () => {
    ends = ['card_unusable', 'card_unusable', 'card_unusable'];
    for (let count = 0; count < 3; count += 1) await run();
    now = asideMs;
    const [first, second] = await Promise.all([run(), run()]);
    expect(first).toBe('well');
    expect(second).toMatchObject({ node: 'n1' });
    expect(standing.state).toBe('ready');
    expect(messages.at(-1)).toBe('Node n1 takes trials again: one went well.');
  });

  it('stays aside for another ten minutes when that fails, and tries again when it was cancelled', async () => {
    ends = ['card_unusable', 'card_unusable', 'card_unusable', 'card_unusable', 'cancelled'];
    for (let count = 0; count < 3; count += 1) await run();
    now = asideMs;
    expect(await run()).toMatchObject({ failure: { class: 'card_unusable' } });
    now += asideMs - 1;
    await run();
    expect(started).toBe(4);
    now += 1;
    expect(await run()).toBe('cancelled');
    expect(await run()).toBe('well');
    expect(standing.state).toBe('ready');
  });

  it('that misses a tool of one sweep runs the others', async () => {
    ends = ['tool_missing', 'tool_missing', 'tool_missing'];
    for (let count = 0; count < 3; count += 1) await run('needy');
    expect(await run('needy')).toMatchObject({ node: 'n1' });
    expect(started).toBe(3);
    expect(standing.state).toBe('ready');
    expect(standing.refuses).toMatchObject([{ sweep: 'mergesweep/ledger/needy' }]);
    expect(await run('demo')).toBe('well');
  });
});

describe('a node that refuses a sweep', () => {
  it('says so in its announcements until it has run a trial of it', async () => {
    let isRefused = true;
    const runTrial = settingAside(
      ({ trial }) =>
        isRefused
          ? Promise.reject(nodeRefused({ node: 'n1', reason: 'no card.' }))
          : Promise.resolve(makeResult(trial)),
      { nodeId: 'n1', standing },
    );
    await expect(runTrial(makeRun('1'))).rejects.toMatchObject({ type: 'NodeRefused' });
    expect(standing.refuses).toEqual([{ sweep: 'mergesweep/ledger/demo', reason: 'no card.' }]);
    isRefused = false;
    await runTrial(makeRun('1'));
    expect(standing.refuses).toEqual([]);
  });
});
