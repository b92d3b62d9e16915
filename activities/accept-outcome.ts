import { failureOwner, TrialFailedError, type TrialFailure } from '../src/errors.js';
import { chargeOf } from '../src/budget/cost.js';
import type { EvaluationPlan } from '../src/evaluation/plan.js';
import type { Outcome } from '../src/samplers/sampler.js';
import { computeFitness } from '../src/scoring/fitness.js';
import { toTaskOutcomes } from '../src/scoring/task-outcomes.js';
import { getTrial, listScores } from '../src/store/reader.js';
import { resolveFidelity } from '../src/spec/fidelity.js';
import type { TrialRow } from '../src/store/rows.js';
import { isClosedToOptimizer, putBackInLine } from '../src/store/steering.js';
import { addToJournal } from '../src/store/journal.js';
import { endStreak, lengthenStreak } from '../src/store/sweeps.js';
import {
  cancelTrial,
  chargeTrial,
  completeTrial,
  failTrial,
  recordDivergence,
  recordFailures,
} from '../src/store/trials.js';
import type { EvalReport, PackedEvalReport } from '../src/evaluation/eval-report.js';
import type { RunTrialResult, TrialOutcome } from './contracts.js';
import { settleParents } from './pinned-parents.js';
import { secondsBetween } from './purse.js';
import { completeReport, considerPromotion, reportOnFirstRung } from './promotions.js';
import { happen, type Turn } from './turn.js';
import { verifyReport } from './verify-report.js';

/** So many failures of one class in a row mean that the next trial will fail as well. */
const longestStreak = 8;

export interface Acceptance {
  /** The trial as it was before; absent when the ledger never proposed it. */
  readonly trial?: TrialRow;
  /** False when the trial had ended before: the first end counts, but a cancellation is none. */
  readonly isApplied: boolean;
  /** Why the sweep must pause now. */
  readonly pause?: string;
}

/** Ends a trial in the ledger and lets the optimizer know. Twice is once. */
export function acceptOutcome(turn: Turn, outcome: TrialOutcome): Acceptance {
  const trial = getTrial(turn.db, turn.sweep, outcome.trial);
  if (trial === undefined) return { isApplied: false };
  const isLate = trial.state === 'cancelled' && outcome.status === 'complete';
  if (isLate) {
    // A request of a run that was terminated may come late, and no score is thrown away for that.
    putBackInLine(turn.db, turn.sweep, trial.trial);
  } else if (trial.state !== 'proposed') {
    if (isDivergent(turn, trial, outcome)) {
      recordDivergence(turn.db, turn.sweep, outcome, turn.at);
    }
    return { trial, isApplied: false };
  }
  charge(turn, trial, outcome, isLate);
  switch (outcome.status) {
    case 'complete':
      return { trial, isApplied: true, ...complete(turn, trial, outcome.result) };
    case 'failed':
      return { trial, isApplied: true, ...fail(turn, trial, outcome.failure) };
    case 'cancelled':
      // Not forgotten: it goes on under its number when the sweep is run again.
      cancelTrial(turn.db, turn.sweep, trial.trial, turn.at);
      return { trial, isApplied: true };
  }
}

/** What it has used up counts, whatever its end. */
function charge(turn: Turn, trial: TrialRow, outcome: TrialOutcome, isLate: boolean): void {
  const { db, sweep, at } = turn;
  const { gpuSeconds: before = 0, lease, startedAt = trial.proposedAt } = trial;
  const gpuSeconds = chargeOf(outcome, {
    leaseGpuSeconds: lease?.gpuSeconds,
    elapsedSeconds: secondsBetween(startedAt, at),
  });
  // Its cancellation was charged, for the same attempt.
  chargeTrial(db, sweep, trial.trial, isLate ? Math.max(0, gpuSeconds - before) : gpuSeconds);
}

function complete(turn: Turn, trial: TrialRow, result: RunTrialResult): { pause?: string } {
  const { evaluation } = trial.input;
  let fitness: number;
  let report: PackedEvalReport;
  try {
    verifyReport(result.report, evaluation, result.attempt);
    report = completeReport(turn, trial, result);
    fitness = computeFitness(report, evaluation, result.attempt).fitness;
  } catch (error) {
    if (!(error instanceof TrialFailedError)) throw error;
    return fail(turn, trial, {
      ...error.failure,
      node: result.node,
      logPath: result.workDir,
    });
  }
  const changed = settleParents(turn, result);
  if (changed !== undefined) return fail(turn, trial, changed);
  const { db, sweep, at } = turn;
  completeTrial(db, sweep, trial.trial, { result, report, fitness, at });
  recordFailures(db, sweep, trial.trial, { failures: result.failures ?? [], at });
  if (result.batchSize !== undefined) {
    const detail = { trial: trial.trial, batchSize: result.batchSize };
    addToJournal(db, sweep, { kind: 'batch_reduced', detail, at });
  }
  endStreak(db, sweep);
  if (trial.kind === 'search') {
    tellOptimizer(turn, trial, toOutcome(report, evaluation));
  }
  if (trial.kind === 'baseline' && trial.vector !== undefined) {
    const { vector } = trial;
    const comparable =
      resolveFidelity(turn.spec.file) === undefined ? report : reportOnFirstRung(turn, trial);
    if (comparable !== undefined) {
      const outcome = toOutcome(comparable, evaluation);
      happen(turn, { kind: 'foreign', trial: trial.trial, vector, ...outcome });
    }
  }
  considerPromotion(turn, trial.trial);
  return {};
}

/** A trial that the optimizer has closed as failed, and that was retried, is a point like any other. */
function tellOptimizer(turn: Turn, { trial, vector }: TrialRow, outcome: Outcome): void {
  if (!isClosedToOptimizer(turn.db, turn.sweep, trial)) {
    happen(turn, { kind: 'tell', trial, ...outcome });
  } else if (vector !== undefined) {
    happen(turn, { kind: 'foreign', trial, vector, ...outcome });
  }
}

function toOutcome(report: Pick<EvalReport, 'scores'>, plan: EvaluationPlan): Outcome {
  return { fitness: computeFitness(report, plan).fitness, tasks: toTaskOutcomes(report, plan) };
}

function fail(turn: Turn, trial: TrialRow, failure: TrialFailure): { pause?: string } {
  const { db, sweep, at } = turn;
  failTrial(db, sweep, trial.trial, { failure, at });
  const owner = failureOwner(failure.class);
  // For a failure of the whole sweep the optimizer waits: the trial runs again when it is mended.
  const isOpen = !isClosedToOptimizer(db, sweep, trial.trial);
  if (trial.kind === 'search' && owner !== 'sweep' && isOpen) {
    happen(turn, { kind: owner === 'candidate' ? 'fail' : 'forget', trial: trial.trial });
  }
  const streak = lengthenStreak(db, sweep, failure.class);
  if (owner === 'sweep') return { pause: `trial ${trial.trial}: ${failure.reason}` };
  if (streak < longestStreak) return {};
  const start = `${streak} trials in a row failed with ${failure.class}`;
  return { pause: `${start}, the last one (${trial.trial}): ${failure.reason}` };
}

/** Whether a late end contradicts the one that counts. */
function isDivergent({ db, sweep }: Turn, trial: TrialRow, outcome: TrialOutcome): boolean {
  if (outcome.status !== 'complete') return false;
  if (trial.state !== 'complete') return trial.state === 'failed';
  const { report, checkpoint } = outcome.result;
  const [accepted256, late256] = [trial.checkpointSha256, checkpoint?.sha256];
  // A merge that was only held in memory has no bytes to compare.
  if (accepted256 !== undefined && late256 !== undefined && accepted256 !== late256) return true;
  // A promotion's accepted scores are of more documents than its report.
  if (trial.kind === 'promotion') return false;
  const accepted = listScores(db, sweep, trial.trial);
  return (
    accepted.length !== report.scores.length ||
    report.scores.some(
      ({ task, metric, value }) =>
        !accepted.some((row) => row.task === task && row.metric === metric && row.value === value),
    )
  );
}
