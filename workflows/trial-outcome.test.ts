import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { NodeRefusal } from '../activities/contracts.js';
import { nodeRefusedFailureType } from './messages.js';
import { readRefusal, toUnfit } from './trial-outcome.js';

const failed = (type: string, details?: unknown[]): ActivityFailure =>
  new ActivityFailure(
    ...['failed', 'runTrial', 't1', RetryState.NON_RETRYABLE_FAILURE, 'node-1'],
    ApplicationFailure.create({ type, message: 'no card', ...(details && { details }) }),
  );
const refused = (node: string, more: Partial<NodeRefusal> = {}): NodeRefusal => ({
  ...{ node, reason: 'it has no card.' },
  ...more,
});
const broken = (failureClass: 'tool_missing' | 'start_refused', node = 'node-1'): NodeRefusal =>
  refused(node, {
    reason: `it was ${failureClass}.`,
    failure: { class: failureClass, reason: 'x', stage: 'merge', attempt: 1, node },
  });

describe('readRefusal', () => {
  it('reads what the node says', () => {
    const refusal = refused('node-1');
    expect(readRefusal(failed(nodeRefusedFailureType, [refusal]))).toEqual(refusal);
  });

  it('takes the message where there are no details, and nothing of other failures', () => {
    expect(readRefusal(failed(nodeRefusedFailureType))?.reason).toBe('no card');
    expect(readRefusal(failed('crash', [refused('node-1')]))).toBeUndefined();
    expect(readRefusal(new Error('no card'))).toBeUndefined();
  });
});

describe('toUnfit', () => {
  it('names each node once, with what it said last', () => {
    const failure = toUnfit([refused('a'), refused('b'), refused('a', { reason: 'set aside.' })]);
    expect(failure).toMatchObject({ class: 'node_unfit', stage: 'queued', attempt: 1 });
    expect(failure.reason).toBe(
      'Expected a node that runs this trial, got 3 refusals in a row from 2 nodes. a: set aside. b: it has no card.',
    );
  });

  it('keeps a class that pauses the sweep, with the attempts before', () => {
    const failure = toUnfit([broken('start_refused'), broken('tool_missing'), refused('node-1')]);
    expect(failure).toMatchObject({ class: 'tool_missing', stage: 'merge', node: 'node-1' });
    expect(failure.earlier).toMatchObject([{ class: 'start_refused', isRetried: true }]);
  });

  it('pauses the sweep also where the class of the nodes would not', () => {
    expect(toUnfit([broken('start_refused')])).toMatchObject({
      class: 'node_unfit',
      stage: 'merge',
      earlier: [{ class: 'start_refused' }],
    });
  });
});
