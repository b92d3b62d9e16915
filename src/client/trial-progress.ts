/** What a trial is doing now: the heartbeat of its activity, from local and far nodes alike. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TrialId, TrialProgress } from '../../activities/contracts.js';
import { sweepWorkflowId, trialActivityId, trialWorkflowId } from '../../workflows/messages.js';

/** What a node does with a trial. */
export interface TakenTrial extends TrialProgress {
  /** When the node took it, this attempt, by Temporal's clock. */
  readonly sinceMs?: number;
}

export type ProgressByTrial = ReadonlyMap<TrialId, TakenTrial>;

/**
 * Asks Temporal; trials that no node has taken are left out, as are those without a heartbeat yet and
 * those that can't be read.
 */
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
    trials.map(async (trial): Promise<[TrialId, TakenTrial | undefined]> => {
      const id = trialActivityId(trial);
      if (attached.has(id)) return [trial, attached.get(id)];
      const detached = await readHeartbeats(client, trialWorkflowId(ledgerId, sweep, trial));
      return [trial, [...detached.values()][0]];
    }),
  );
  return new Map(found.filter((entry): entry is [TrialId, TakenTrial] => entry[1] !== undefined));
}

/** `PENDING_ACTIVITY_STATE_SCHEDULED`: it waits for a node, or for its next attempt. */
const scheduled = 1;

/** The last heartbeat of each activity that a workflow waits for, by the activity's id. */
async function readHeartbeats(
  client: Client,
  workflowId: string,
): Promise<ReadonlyMap<string, TakenTrial | undefined>> {
  try {
    const { raw } = await client.withDeadline(Date.now() + 2_000, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return new Map(
      (raw.pendingActivities ?? []).map((activity) => {
        const details = activity.heartbeatDetails?.payloads?.[0];
        const isTaken = Number(activity.state) !== scheduled;
        return [
          activity.activityId ?? '',
          details && isTaken
            ? {
                ...defaultPayloadConverter.fromPayload<TrialProgress>(details),
                ...readSince(activity.lastStartedTime),
              }
            : undefined,
        ];
      }),
    );
  } catch {
    return new Map();
  }
}

/** Of a protobuf timestamp: its seconds are a Long. */
function readSince(
  time: { readonly seconds?: object | null; readonly nanos?: number | null } | null | undefined,
): Pick<TakenTrial, 'sinceMs'> {
  const seconds = Number(time?.seconds ?? 0);
  return seconds > 0 ? { sinceMs: seconds * 1000 + Math.floor((time?.nanos ?? 0) / 1e6) } : {};
}
