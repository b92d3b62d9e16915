/** What a trial is doing now: the heartbeat of its activity, from local and far nodes alike. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TrialId, TrialProgress } from '../../activities/contracts.js';
import { sweepWorkflowId, trialActivityId, trialWorkflowId } from '../../workflows/messages.js';

export type ProgressByTrial = ReadonlyMap<TrialId, TrialProgress>;

/** Asks Temporal; trials that have no heartbeat yet are left out, as are those that can't be read. */
export async function readProgress(
  client: Client,
  ledgerId: string,
  sweep: string,
  trials: readonly TrialId[],
): Promise<ProgressByTrial> {
  if (trials.length === 0) return new Map();
  // Attached trials are activities of the sweep; detached ones have a workflow.
  const attached = await readHeartbeats(client, sweepWorkflowId(ledgerId, sweep));
  const found = await Promise.all(
    trials.map(async (trial): Promise<[TrialId, TrialProgress | undefined]> => {
      const id = trialActivityId(trial);
      if (attached.has(id)) return [trial, attached.get(id)];
      const detached = await readHeartbeats(client, trialWorkflowId(ledgerId, sweep, trial));
      return [trial, [...detached.values()][0]];
    }),
  );
  return new Map(
    found.filter((entry): entry is [TrialId, TrialProgress] => entry[1] !== undefined),
  );
}

/** The last heartbeat of each activity that a workflow waits for, by the activity's id. */
async function readHeartbeats(
  client: Client,
  workflowId: string,
): Promise<ReadonlyMap<string, TrialProgress | undefined>> {
  try {
    const { raw } = await client.withDeadline(Date.now() + 2_000, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return new Map(
      (raw.pendingActivities ?? []).map(({ activityId, heartbeatDetails }) => {
        const details = heartbeatDetails?.payloads?.[0];
        return [
          activityId ?? '',
          details ? defaultPayloadConverter.fromPayload<TrialProgress>(details) : undefined,
        ];
      }),
    );
  } catch {
    return new Map();
  }
}
