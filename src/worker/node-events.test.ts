import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { RunTrialResult } from '../../activities/contracts.js';
import { handedBackFailureType, nodeRefusedFailureType } from '../../workflows/messages.js';
import { makeResult, makeRun } from '../../workflows/trial.fixture.js';
import type { MetricName, Metrics } from './metrics.js';
import { createTrialWatch, type NodeEvent } from './node-events.js';
import { countNodeEvents } from './node-metrics.js';

const result: RunTrialResult = {
  ...makeResult('7'),
  ...{ gpuSeconds: 2.5, isPrefetched: true, slot: 'slot-1' },
  waitSeconds: { merge: 1, slot: 3 },
};

/** A watch on a clock that the test moves. */
function rig(isShuttingDown = false) {
  const events: NodeEvent[] = [];
  let ms = 0;
  const watch = createTrialWatch(
    'n',
    (event) => events.push(event),
    () => ms,
    () => isShuttingDown,
  );
  return { events, watch, pass: (seconds: number) => (ms += seconds * 1000) };
}

const input = makeRun('7');
const name = { node: 'n', sweep: 'demo', trial: '7' };

describe('the events of a trial', () => {
  it('tell when it was taken, each stage with the time in the one before, and its end', async () => {
    const { events, watch, pass } = rig();
    await watch.watch(() => {
      pass(1);
      watch.note(input, { stage: 'merge', percent: 0, node: 'n' });
      pass(2);
      watch.note(input, { stage: 'merge', percent: 50, node: 'n' });
      pass(2);
      watch.note(input, { stage: 'evaluate', percent: 0, node: 'n', slot: 'slot-1' });
      pass(5);
      return Promise.resolve(result);
    })(input);
    expect(events).toEqual([
      { ...name, event: 'trial_taken' },
      { ...name, event: 'stage_entered', stage: 'merge', left: { stage: 'queued', seconds: 1 } },
      {
        ...{ ...name, event: 'stage_entered', stage: 'evaluate', slot: 'slot-1' },
        left: { stage: 'merge', seconds: 4 },
      },
      {
        ...{ ...name, event: 'trial_ended', seconds: 10, mergeSeconds: 1, evaluateSeconds: 1 },
        ...{ gpuSeconds: 2.5, isPrefetched: true, slot: 'slot-1' },
        waitSeconds: { merge: 1, slot: 3 },
        left: { stage: 'evaluate', seconds: 5 },
      },
    ]);
  });

  const failure = { class: 'hang', reason: 'it hung', stage: 'merge', attempt: 2 } as const;
  const failing = (type: string, details?: unknown[]): ApplicationFailure =>
    ApplicationFailure.create({ type, message: 'said', ...(details && { details }) });
  it.each([
    [failing('hang', [failure]), { event: 'trial_failed', class: 'hang', attempt: 2 }],
    [failing(handedBackFailureType), { event: 'trial_handed_back', reason: 'said' }],
    [failing(nodeRefusedFailureType, [{ node: 'n' }]), { event: 'trial_refused' }],
    [new CancelledFailure('stop'), { event: 'trial_cancelled' }],
    [new Error('a fault of ours'), { event: 'trial_failed', class: 'crash' }],
  ])('say how it ended otherwise, and the error goes on: %s', async (error, expected) => {
    const { events, watch } = rig();
    await expect(watch.watch(() => Promise.reject(error))(input)).rejects.toBe(error);
    expect(events.at(-1)).toMatchObject({ ...name, ...expected, left: { stage: 'queued' } });
  });

  it('call it handed back when the worker that runs it ends', async () => {
    const { events, watch } = rig(true);
    const run = watch.watch(() => Promise.reject(new CancelledFailure('WORKER_SHUTDOWN')));
    await expect(run(input)).rejects.toThrow();
    expect(events.at(-1)).toMatchObject({ event: 'trial_handed_back' });
  });

  it('take who has a slot for evaluating, and who has none yet for waiting', async () => {
    const { events, watch } = rig();
    await watch.watch(() => {
      watch.note(input, { stage: 'evaluate', percent: 0, node: 'n' });
      watch.note(input, { stage: 'evaluate', percent: 0, node: 'n', slot: 'slot-1' });
      watch.note(input, { stage: 'queued', percent: 0, node: 'n', slot: 'slot-1' });
      watch.note(input, { stage: 'merge', percent: 0, node: 'n', slot: 'slot-1' });
      return Promise.resolve(result);
    })(input);
    const stages = events.flatMap((each) => (each.event === 'stage_entered' ? [each.stage] : []));
    expect(stages).toEqual(['evaluate', 'merge']);
  });

  it('say nothing of a heartbeat that comes after the end', async () => {
    const { events, watch } = rig();
    await watch.watch(() => Promise.resolve(result))(input);
    watch.note(input, { stage: 'collect', percent: 0, node: 'n' });
    expect(events).toHaveLength(2);
  });
});

describe('the metrics of a node', () => {
  function count() {
    const gauges = new Map<string, number>();
    const others: string[] = [];
    const metrics: Metrics = {
      record: (metric: MetricName, value: number, labels: Readonly<Record<string, string>>) => {
        const key = [metric, ...Object.values(labels)].join(' ');
        if (metric.startsWith('slots_')) gauges.set(key, value);
        else if (value !== 0) others.push(`${key} ${value}`);
      },
    };
    return { gauges, others, tell: countNodeEvents(metrics, 'n') };
  }

  it('know of each stage how many trials are in it', async () => {
    const { gauges, tell } = count();
    expect(Object.fromEntries(gauges)).toEqual({
      ...{ 'slots_busy n queued': 0, 'slots_busy n merge': 0 },
      ...{ 'slots_busy n evaluate': 0, 'slots_busy n collect': 0 },
    });
    const watch = createTrialWatch('n', tell);
    await watch.watch(() => {
      expect(gauges.get('slots_busy n queued')).toBe(1);
      watch.note(input, { stage: 'evaluate', percent: 0, node: 'n' });
      expect(gauges.get('slots_busy n evaluate')).toBe(0);
      watch.note(input, { stage: 'evaluate', percent: 0, node: 'n', slot: 'slot-1' });
      expect([gauges.get('slots_busy n queued'), gauges.get('slots_busy n evaluate')]).toEqual([
        0, 1,
      ]);
      return Promise.resolve(result);
    })(input);
    expect(gauges.get('slots_busy n evaluate')).toBe(0);
  });

  it('count ends, card-seconds, waits and failures', () => {
    const { others, tell } = count();
    const left = { stage: 'evaluate', seconds: 9 } as const;
    tell({ ...name, event: 'trial_taken' });
    tell({
      ...{ ...name, event: 'trial_ended', seconds: 10, mergeSeconds: 1, evaluateSeconds: 9, left },
      ...{ gpuSeconds: 2.5, isPrefetched: true, waitSeconds: { merge: 0.5, slot: 3 } },
    });
    tell({
      ...{ ...name, event: 'trial_failed', class: 'hang', reason: '', attempt: 1, seconds: 1 },
      ...{ gpuSeconds: 4, left },
    });
    tell({ ...name, event: 'trial_handed_back', reason: '', seconds: 1, left });
    expect(others).toEqual([
      'trial_attempts_total n 1',
      ...['stage_duration_seconds n evaluate 9', 'trials_total n complete 1'],
      ...['card_seconds_total n 2.5', 'prefetched_total n 1'],
      ...['queue_wait_seconds n merge 0.5', 'queue_wait_seconds n slot 3'],
      ...['stage_duration_seconds n evaluate 9', 'trials_total n failed 1'],
      ...['failures_total n hang 1', 'card_seconds_total n 4'],
      ...['stage_duration_seconds n evaluate 9', 'trials_total n handed_back 1'],
      'handed_back_total n 1',
    ]);
  });
});
