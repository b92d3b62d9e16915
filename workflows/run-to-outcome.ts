/** `runTrial` on some node, until there is an outcome. */
import { ActivityCancellationType, proxyActivities, sleep } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import type {
  NodeActivities,
  NodeRefusal,
  RunTrialInput,
  TrialOutcome,
} from '../activities/contracts.js';
import { sparedLosses } from '../src/errors.js';
import { gpuQueue, handedBackFailureType, nodeQueue, nodeRefusedFailureType } from './messages.js';
import {
  isHandedBack,
  isNotTaken,
  readRefusal,
  readUse,
  toOutcome,
  toUnfit,
} from './trial-outcome.js';

/** Nodes that shut down one after the other under the same trial: more than that is a fault. */
const maxReturns = 100;

/** So many refusals in a row, over two and a half minutes: there is no node that would run it. */
const mostRefusals = 10;
/** The node that refused must not take it again before others could. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** A holder that is away or busy is waited for no longer than this, nor than a merge may take. */
const longestWaitMs = 60_000;

export interface WhereToRun extends Pick<ActivityOptions, 'activityId' | 'summary'> {
  readonly pool?: string;
  /** @default 30 */
  readonly heartbeatSeconds?: number;
}

/** Runs a trial to its outcome; a failure is an outcome, not an error, and so is a cancellation. */
export async function runToOutcome(
  run: RunTrialInput,
  { pool, heartbeatSeconds = 30, ...options }: WhereToRun,
): Promise<TrialOutcome> {
  const { mergeMinutes, evaluateMinutes } = run.limits;
  const anyNode = { taskQueue: gpuQueue(pool) };
  let where: Pick<ActivityOptions, 'taskQueue' | 'scheduleToStartTimeout'> =
    run.holder === undefined
      ? anyNode
      : {
          taskQueue: nodeQueue(run.holder.node),
          scheduleToStartTimeout: Math.min(longestWaitMs, mergeMinutes * 60_000),
        };
  let order = run;
  let returns = 0;
  let refusals: readonly NodeRefusal[] = [];
  for (;;) {
    const { runTrial } = proxyActivities<NodeActivities>({
      ...options,
      ...where,
      // Nodes beat every 5 s, or thrice within this; what died is noticed within it.
      heartbeatTimeout: heartbeatSeconds * 1000,
      // The node holds the limits of each stage; a prefetched trial waits there for one before it.
      startToCloseTimeout: (2 * (mergeMinutes + evaluateMinutes) + 10) * 60_000,
      // Its processes must be gone before the trial counts as cancelled.
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: {
        // That a node was lost says nothing against its trial: the next one takes it up at once. A node
        // that failed it says with the failure how long to wait.
        initialInterval: '1 second',
        backoffCoefficient: 1,
        // The node that fails it knows how often it was lost, and ends it when its own attempts are used up.
        maximumAttempts: run.maxAttempts + sparedLosses,
        nonRetryableErrorTypes: [handedBackFailureType, nodeRefusedFailureType],
      },
    });
    try {
      if (refusals.length > 0) await sleep(pauseAfter(refusals.length));
      return { trial: run.trial, status: 'complete', result: await runTrial(order) };
    } catch (error) {
      const refusal = readRefusal(error);
      if (refusal === undefined) {
        const isReturned = isHandedBack(error) || isNotTaken(error);
        if (!isReturned || returns >= maxReturns)
          return toOutcome(run.trial, error, run.maxAttempts + sparedLosses);
        returns += 1;
        refusals = [];
      } else {
        refusals = [...refusals, refusal];
        if (refusals.length >= mostRefusals)
          return { trial: run.trial, status: 'failed', failure: toUnfit(refusals) };
      }
      where = anyNode;
      const used = readUse(error);
      if (used !== undefined) order = { ...run, used };
    }
  }
}

/** ms */
const pauseAfter = (refusals: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** (refusals - 1));
