/** How a trial's failed activity becomes a row: no Temporal import but for the failures' types. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type {
  NodeRefusal,
  TrialId,
  TrialOutcome,
  TrialProgress,
  TrialUse,
} from '../activities/contracts.js';
import { failureClasses, failureOwner } from '../src/errors.js';
import type { TrialFailure } from '../src/errors.js';
import { handedBackFailureType, nodeRefusedFailureType } from './messages.js';

/** True when the node gave the trial back as it shuts down: another node may have it at once. */
export function isHandedBack(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === handedBackFailureType
  );
}

/** What a trial that was handed back has used up; undefined where its node did not say. */
export function readUse(error: unknown): TrialUse | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? cause.details?.find(isUse) : undefined;
}

/** True when nobody took the trial from its queue in time. */
export function isNotTaken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

/** What a node said that can't or won't run the trial; undefined where the error is another. */
export function readRefusal(error: unknown): NodeRefusal | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || cause.type !== nodeRefusedFailureType)
    return undefined;
  const said = cause.details?.find(isNodeRefusal);
  return said ?? { node: 'an unnamed node', reason: cause.message };
}

/**
 * The failure of a trial that no node would run, 1 refusal at least. Where the nodes' fault is of a class
 * that pauses the sweep, it keeps that class.
 */
export function toUnfit(refusals: readonly NodeRefusal[]): TrialFailure {
  const tried = refusals.flatMap(({ failure }) => failure ?? []);
  const ofSweep = tried.findLast((failure) => failureOwner(failure.class) === 'sweep');
  const last: Omit<TrialFailure, 'class' | 'reason'> = ofSweep ??
    tried.at(-1) ?? { stage: 'queued', attempt: 1 };
  const earlier = tried.filter((failure) => failure !== ofSweep).slice(-mostEarlier);
  // The latest word of each node.
  const byNode = new Map(refusals.map(({ node, reason }) => [node, reason]));
  const nodes = byNode.size === 1 ? 'one node' : `${byNode.size} nodes`;
  const said = [...byNode].map(([node, reason]) => `${node}: ${reason}`).join(' ');
  const start = `Expected a node that runs this trial, got ${refusals.length} refusals in a row from ${nodes}.`;
  return {
    ...last,
    class: ofSweep?.class ?? 'node_unfit',
    reason: `${start} ${said}`.slice(0, longestReason),
    ...(earlier.length === 0
      ? {}
      : { earlier: earlier.map((failure) => ({ ...failure, isRetried: true })) }),
  };
}

/** They go into the ledger with the trial. */
const mostEarlier = 10;
const longestReason = 2000;

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
      ? `Expected a heartbeat every few seconds, ${where} sent none in time in the stage ${stage}; see whether its worker runs.`
      : `Expected the trial to end within its limits, ${where} was still in the stage ${stage}; raise limits in the sweep file if that is normal.`,
    stage,
    attempt: attempts,
    ...(progress === undefined ? {} : { node: progress.node }),
    ...(progress?.gpuSeconds === undefined ? {} : { gpuSeconds: progress.gpuSeconds }),
    ...(progress?.failures === undefined ? {} : { earlier: progress.failures }),
  };
  return { trial, status: 'failed', failure };
}

function isNodeRefusal(value: unknown): value is NodeRefusal {
  return typeof value === 'object' && value !== null && 'node' in value && 'reason' in value;
}

function isUse(value: unknown): value is TrialUse {
  return typeof value === 'object' && value !== null && 'sinceMs' in value;
}

function isTrialFailure(value: unknown): value is TrialFailure {
  if (typeof value !== 'object' || value === null || !('class' in value)) return false;
  return failureClasses.some((known) => known === value.class);
}

function isProgress(value: unknown): value is TrialProgress {
  return typeof value === 'object' && value !== null && 'stage' in value && 'node' in value;
}
