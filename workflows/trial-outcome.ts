/** How a trial's failed activity becomes a row: no Temporal import but for the failures' types. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { TrialId, TrialOutcome, TrialProgress } from '../activities/contracts.js';
import { failureClasses } from '../src/errors.js';
import type { TrialFailure } from '../src/errors.js';
import { handedBackFailureType } from './messages.js';

/** True when the node gave the trial back as it shuts down: another node may have it at once. */
export function isHandedBack(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === handedBackFailureType
  );
}

/** True when nobody took the trial from its queue in time. */
export function isNotTaken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

/** The outcome that an error of `runTrial` means. `attempts` of them were allowed. */
export function toOutcome(trial: TrialId, error: unknown, attempts: number): TrialOutcome {
  if (isCancellation(error)) return { trial, status: 'cancelled', reason: 'cancelled on request' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const failure = cause.details?.find(isTrialFailure);
    if (failure !== undefined) return { trial, status: 'failed', failure };
  }
  if (cause instanceof TimeoutFailure) return toTimedOut(trial, cause, attempts);
  const message = cause instanceof Error ? cause.message : String(cause);
  return {
    trial,
    status: 'failed',
    failure: { class: 'crash', reason: message, stage: 'queued', attempt: attempts },
  };
}

function toTimedOut(trial: TrialId, timeout: TimeoutFailure, attempts: number): TrialOutcome {
  const last = timeout.lastHeartbeatDetails;
  const progress = isProgress(last) ? last : undefined;
  const stage = progress?.stage ?? 'queued';
  const isLost = timeout.timeoutType === 'HEARTBEAT';
  const where = progress === undefined ? 'the node' : `node ${progress.node}`;
  const failure: TrialFailure = {
    class: isLost ? 'node_lost' : 'timeout',
    reason: isLost
      ? `Expected a heartbeat every few seconds, ${where} sent none for 30 s in the stage ${stage}; see whether its worker runs.`
      : `Expected the trial to end within its limits, ${where} was still in the stage ${stage}; raise limits in the sweep file if that is normal.`,
    stage,
    attempt: attempts,
    ...(progress === undefined ? {} : { node: progress.node }),
    ...(progress?.failures === undefined ? {} : { earlier: progress.failures }),
  };
  return { trial, status: 'failed', failure };
}

function isTrialFailure(value: unknown): value is TrialFailure {
  if (typeof value !== 'object' || value === null || !('class' in value)) return false;
  return failureClasses.some((known) => known === value.class);
}

function isProgress(value: unknown): value is TrialProgress {
  return typeof value === 'object' && value !== null && 'stage' in value && 'node' in value;
}
