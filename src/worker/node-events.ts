/** What happens to trials on a node, told once for its log and its metrics. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { RunTrialInput, RunTrialResult, TrialProgress } from '../../activities/contracts.js';
import type { TrialFailure, TrialStage } from '../errors.js';
import { handedBackFailureType, nodeRefusedFailureType } from '../../workflows/messages.js';

interface OfTrial {
  readonly node: string;
  readonly sweep: string;
  readonly trial: string;
}

/** A stage that a trial has been in. */
interface StageLeft {
  readonly stage: TrialStage;
  readonly seconds: number;
}

export type NodeEvent = OfTrial &
  (
    | { readonly event: 'trial_taken' }
    | {
        readonly event: 'stage_entered';
        readonly stage: TrialStage;
        readonly slot?: string;
        readonly left: StageLeft;
      }
    | (Pick<RunTrialResult, 'gpuSeconds' | 'isPrefetched' | 'slot' | 'waitSeconds'> & {
        readonly event: 'trial_ended';
        /** On the node, waiting included. */
        readonly seconds: number;
        readonly mergeSeconds: number;
        readonly evaluateSeconds: number;
        readonly left: StageLeft;
      })
    | (Pick<TrialFailure, 'class' | 'reason' | 'attempt' | 'gpuSeconds' | 'logPath'> & {
        readonly event: 'trial_failed';
        readonly seconds: number;
        readonly left: StageLeft;
      })
    | {
        /** `trial_refused`: the node can't run the sweep, or is set aside. */
        readonly event: 'trial_handed_back' | 'trial_refused' | 'trial_cancelled';
        readonly reason: string;
        readonly seconds: number;
        readonly left: StageLeft;
      }
  );

/** Whether the activity that runs here is cancelled since its worker ends. */
const isWorkerShuttingDown = (): boolean =>
  Context.current().cancellationDetails?.workerShutdown === true;

export type RunTrial = (input: RunTrialInput) => Promise<RunTrialResult>;

/** Tells `onEvent` of the trials that go through it. */
export interface TrialWatch {
  /** `runTrial`, watched. */
  watch(runTrial: RunTrial): RunTrial;
  /** A trial has said where it is. */
  note(input: RunTrialInput, progress: TrialProgress): void;
}

/**
 * @param now milliseconds of a clock that only goes forward
 * @param isShuttingDown of the worker that the trial was cancelled in
 */
export function createTrialWatch(
  node: string,
  onEvent: (event: NodeEvent) => void,
  now: () => number = () => performance.now(),
  isShuttingDown: () => boolean = isWorkerShuttingDown,
): TrialWatch {
  const stages = new Map<string, { readonly stage: TrialStage; readonly sinceMs: number }>();
  const keyOf = ({ ledgerId, sweep, trial }: RunTrialInput): string =>
    `${ledgerId}/${sweep}/${trial}`;
  const since = (ms: number): number => Math.round(now() - ms) / 1000;

  const watched = async (runTrial: RunTrial, input: RunTrialInput): Promise<RunTrialResult> => {
    const { sweep, trial } = input;
    const startMs = now();
    stages.set(keyOf(input), { stage: 'queued', sinceMs: startMs });
    onEvent({ node, sweep, trial, event: 'trial_taken' });
    const end = () => {
      const last = stages.get(keyOf(input)) ?? { stage: 'queued', sinceMs: startMs };
      stages.delete(keyOf(input));
      const left = { stage: last.stage, seconds: since(last.sinceMs) };
      return { node, sweep, trial, seconds: since(startMs), left };
    };
    try {
      const result = await runTrial(input);
      onEvent({ ...end(), ...toEnd(result) });
      return result;
    } catch (error) {
      onEvent({ ...end(), ...explainEnd(error, isShuttingDown) });
      throw error;
    }
  };

  return {
    watch: (runTrial) => (input) => watched(runTrial, input),
    note: (input, progress) => {
      const { slot } = progress;
      const stage = refineStage(progress);
      const before = stages.get(keyOf(input));
      if (before === undefined || before.stage === stage) return;
      stages.set(keyOf(input), { stage, sinceMs: now() });
      const { sweep, trial } = input;
      const left = { stage: before.stage, seconds: since(before.sinceMs) };
      const where = slot === undefined ? {} : { slot };
      onEvent({ node, sweep, trial, event: 'stage_entered', stage, ...where, left });
    },
  };
}

function toEnd({ seconds, gpuSeconds, isPrefetched, slot, waitSeconds }: RunTrialResult) {
  return {
    event: 'trial_ended',
    ...{ mergeSeconds: seconds.merge, evaluateSeconds: seconds.evaluate },
    ...(gpuSeconds === undefined ? {} : { gpuSeconds }),
    ...(isPrefetched === undefined ? {} : { isPrefetched }),
    ...(slot === undefined ? {} : { slot }),
    ...(waitSeconds === undefined ? {} : { waitSeconds }),
  } as const;
}

/**
 * Whoever has a slot, but for a merge on its card, evaluates: a proof does so in two ways at once, which
 * speak in turn. What evaluates a trial is started before that has a slot.
 */
function refineStage({ stage, slot }: TrialProgress): TrialStage {
  if (stage === 'evaluate') return slot === undefined ? 'queued' : stage;
  return stage === 'queued' && slot !== undefined ? 'evaluate' : stage;
}

type EndedOtherwise = Exclude<
  NodeEvent,
  { readonly event: 'trial_taken' | 'stage_entered' | 'trial_ended' }
>;
/** Of each kind of end alone: what tells it from the others. */
type Distinct<Event> = Event extends unknown
  ? Omit<Event, keyof OfTrial | 'seconds' | 'left'>
  : never;

function explainEnd(error: unknown, isShuttingDown: () => boolean): Distinct<EndedOtherwise> {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CancelledFailure) {
    // The worker gives it back as such.
    return isShuttingDown()
      ? { event: 'trial_handed_back', reason: 'the node shuts down' }
      : { event: 'trial_cancelled', reason };
  }
  if (error instanceof ApplicationFailure) {
    if (error.type === handedBackFailureType) return { event: 'trial_handed_back', reason };
    if (error.type === nodeRefusedFailureType) return { event: 'trial_refused', reason };
    const failure = error.details?.[0] as TrialFailure | undefined;
    if (failure?.class !== undefined) {
      const { class: failureClass, attempt, gpuSeconds, logPath } = failure;
      return {
        ...{ event: 'trial_failed', class: failureClass, reason: failure.reason, attempt },
        ...(gpuSeconds === undefined ? {} : { gpuSeconds }),
        ...(logPath === undefined ? {} : { logPath }),
      };
    }
  }
  return { event: 'trial_failed', class: 'crash', reason, attempt: 1 };
}
