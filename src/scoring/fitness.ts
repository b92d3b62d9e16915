import { TrialFailedError } from '../errors.js';
import type { EvalReport } from '../evaluation/eval-report.js';
import type { EvaluationPlan, PlannedTask } from '../evaluation/plan.js';

/** One task's part in the fitness. */
export interface TaskFitness {
  readonly task: string;
  readonly metric: string;
  /** As lm-eval reported it. */
  readonly value: number;
  /** 0..1; all tasks' shares sum to 1. */
  readonly share: number;
}

export interface Fitness {
  /** Maximised: the weighted mean over the tasks, minimised metrics negated. */
  readonly fitness: number;
  /** In the order of the plan. */
  readonly perTask: readonly TaskFitness[];
}

/** What the ledger stores at most, either sign: beyond it sums overflow. */
export const largestScore = 1e300;

/**
 * The one number of a trial.
 *
 * @param attempt of the trial, for the failure
 * @throws TrialFailedError `bad_score` when a planned metric is missing, not finite or beyond
 *   ±{@link largestScore}: such a score never reaches the optimizer
 */
export function computeFitness(
  report: Pick<EvalReport, 'scores'>,
  plan: Pick<EvaluationPlan, 'tasks'>,
  attempt = 1,
): Fitness {
  const total = plan.tasks.reduce((sum, { weight }) => sum + weight, 0);
  const perTask = plan.tasks.map((planned): TaskFitness => {
    const value = readScore(report, planned, attempt);
    return { task: planned.name, metric: planned.metric, value, share: planned.weight / total };
  });
  const fitness = plan.tasks.reduce((sum, { direction }, index) => {
    const { value, share } = perTask[index] ?? { value: Number.NaN, share: Number.NaN };
    return sum + share * (direction === 'minimize' ? -value : value);
  }, 0);
  if (!isScore(fitness)) throw badScore(`the fitness of the trial is ${fitness}`, attempt);
  return { fitness, perTask };
}

/** The sign turns once, here: fitness is maximised by users, losses are minimised by cma-es-ts. */
export function toLoss(fitness: number): number {
  // Not -0: it would be another bit pattern in the optimizer's stored state.
  return fitness === 0 ? 0 : -fitness;
}

function readScore(report: Pick<EvalReport, 'scores'>, planned: PlannedTask, attempt: number) {
  const { name, metric } = planned;
  const score = report.scores.find((entry) => entry.task === name && entry.metric === metric);
  if (score === undefined) {
    const got = report.scores.map((entry) => `${entry.task} ${entry.metric}`).join(', ');
    throw badScore(`expected ${metric} of task ${name}, got ${got || 'no score at all'}`, attempt);
  }
  if (!isScore(score.value)) {
    throw badScore(
      `${metric} of task ${name} must be a finite number, got ${score.value}`,
      attempt,
    );
  }
  return score.value;
}

function isScore(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= largestScore;
}

function badScore(reason: string, attempt: number): TrialFailedError {
  return new TrialFailedError({ class: 'bad_score', reason, stage: 'collect', attempt });
}
