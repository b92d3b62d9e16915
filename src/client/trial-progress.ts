/** What a trial is doing now: the heartbeat of its activity, from local and far nodes alike. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TrialId, TrialProgress } from '../../activities/contracts.js';
import { trialWorkflowId } from '../../workflows/messages.js';

export type ProgressByTrial = ReadonlyMap<TrialId, TrialProgress>;

/** Asks Temporal; trials that have no heartbeat yet are left out, as are those that can't be read. */
export async function readProgress(
  client: Client,
  ledgerId: string,
  sweep: string,
  trials: readonly TrialId[],
): Promise<ProgressByTrial> {
  const found = await Promise.all(
    trials.map(async (trial): Promise<[TrialId, TrialProgress] | undefined> => {
      const progress = await describeTrial(client, trialWorkflowId(ledgerId, sweep, trial));
      return progress === undefined ? undefined : [trial, progress];
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

async function describeTrial(
  client: Client,
  workflowId: string,
): Promise<TrialProgress | undefined> {
  try {
    const { raw } = await client.withDeadline(Date.now() + 2_000, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
    if (details === undefined) return undefined;
    return defaultPayloadConverter.fromPayload<TrialProgress>(details);
  } catch {
    return undefined;
  }
}
