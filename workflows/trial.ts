/** One trial: `runTrial` on some node, then its outcome to the sweep by signal. */
import {
  CancellationScope,
  ActivityCancellationType,
  defineSignal,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
} from '@temporalio/workflow';
import type { NodeActivities, RunTrialInput, TrialOutcome } from '../activities/contracts.js';
import { gpuQueue, handedBackFailureType, trialEndedSignalName } from './messages.js';
import type { TrialWorkflowInput } from './messages.js';
import { isHandedBack, toOutcome } from './trial-outcome.js';

export const trialEndedSignal = defineSignal<[TrialOutcome]>(trialEndedSignalName);

/** Nodes that shut down one after the other under the same trial: more than that is a fault. */
const maxHandBacks = 100;

/**
 * Runs a trial to its outcome; a failure is an outcome, not an error.
 * The sweep is addressed by id, so that it may have continued as new meanwhile. When it is gone,
 * the next one hands the trial out again and the node returns its `result.json`.
 */
export async function trialWorkflow(input: TrialWorkflowInput): Promise<TrialOutcome> {
  const outcome = await runToOutcome(input.run, input.pool);
  // Also a cancelled trial reports.
  await CancellationScope.nonCancellable(async () => {
    try {
      await getExternalWorkflowHandle(input.parentId).signal(trialEndedSignal, outcome);
    } catch (error) {
      log.warn('The sweep is not there to take the outcome', { trial: input.run.trial, error });
    }
  });
  return outcome;
}

async function runToOutcome(run: RunTrialInput, pool?: string): Promise<TrialOutcome> {
  const { mergeMinutes, evaluateMinutes } = run.limits;
  const { runTrial } = proxyActivities<NodeActivities>({
    taskQueue: gpuQueue(pool),
    // Nodes beat every 5 s at most; what died is noticed within this.
    heartbeatTimeout: '30 seconds',
    // The node holds the limits of each stage; a prefetched trial waits there for one before it.
    startToCloseTimeout: (2 * (mergeMinutes + evaluateMinutes) + 10) * 60_000,
    // Its processes must be gone before the trial counts as cancelled.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '5 seconds',
      backoffCoefficient: 2,
      maximumInterval: '2 minutes',
      maximumAttempts: run.maxAttempts,
      nonRetryableErrorTypes: [handedBackFailureType],
    },
  });
  for (let handBacks = 0; ; handBacks += 1) {
    try {
      return { trial: run.trial, status: 'complete', result: await runTrial(run) };
    } catch (error) {
      if (isHandedBack(error) && handBacks < maxHandBacks) continue;
      return toOutcome(run.trial, error, run.maxAttempts);
    }
  }
}
