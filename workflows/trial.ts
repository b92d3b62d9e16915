/**
 * A detached trial: a workflow of its own, which outlives the run of the sweep that started it and
 * gives its outcome to the sweep by signal.
 */
import {
  CancellationScope,
  defineSignal,
  getExternalWorkflowHandle,
  log,
} from '@temporalio/workflow';
import type { TrialOutcome } from '../activities/contracts.js';
import { trialEndedSignalName } from './messages.js';
import type { TrialWorkflowInput } from './messages.js';
import { runToOutcome } from './run-to-outcome.js';

export const trialEndedSignal = defineSignal<[TrialOutcome]>(trialEndedSignalName);

/**
 * Runs a trial to its outcome; a failure is an outcome, not an error.
 * The sweep is addressed by id, so that it may have continued as new meanwhile. When it is gone,
 * the next one hands the trial out again and the node returns its `result.json`.
 */
export async function trialWorkflow(input: TrialWorkflowInput): Promise<TrialOutcome> {
  const { run, parentId, ...where } = input;
  const outcome = await runToOutcome(run, where);
  // Also a cancelled trial reports.
  await CancellationScope.nonCancellable(async () => {
    try {
      await getExternalWorkflowHandle(parentId).signal(trialEndedSignal, outcome);
    } catch (error) {
      log.warn('The sweep is not there to take the outcome', { trial: run.trial, error });
    }
  });
  return outcome;
}
