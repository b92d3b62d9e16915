/** A merge or a baseline with its scores on both splits. */
import type { Split } from '../evaluation/plan.js';
import type { LedgerReader, ScoreRow, TrialRow } from '../store/rows.js';

/** What one evaluation said. */
export interface SplitScore {
  readonly split: Split;
  /** The evaluation's own trial: of the confirm split, the `confirm` trial. */
  readonly trial: TrialRow;
  /** Weighted mean over the tasks, maximised. */
  readonly fitness: number;
  /** Of `fitness`, from the tasks' standard errors; absent where a task has none. */
  readonly stderr?: number;
  /** In the order of the plan. */
  readonly scores: readonly ScoreRow[];
}

export interface ScoredModel {
  /** The search trial or baseline. */
  readonly trial: TrialRow;
  /** For tables: `#7`, `spec-rev`, `uniform`. */
  readonly name: string;
  readonly search?: SplitScore;
  readonly confirm?: SplitScore;
}

/** How a trial is called in tables: baselines by their label, the others by number. */
export function nameTrial({ kind, label, trial }: TrialRow): string {
  return kind === 'baseline' && label !== undefined ? label : `#${trial}`;
}

/** Every search trial and baseline of a sweep with its scores, by ordinal. */
export function readScoredModels(reader: LedgerReader, sweep: string): ScoredModel[] {
  const trials = reader.listTrials(sweep);
  const scores = groupByTrial(reader.listScores(sweep));
  const evaluated = (trial: TrialRow | undefined, split: Split): SplitScore | undefined =>
    trial === undefined ? undefined : toSplitScore(trial, split, scores.get(trial.trial) ?? []);
  return trials
    .filter(({ kind }) => kind !== 'confirm')
    .map((trial) => {
      const confirmation = trials.find(
        ({ kind, confirms, state }) =>
          kind === 'confirm' && confirms === trial.trial && state === 'complete',
      );
      const search = evaluated(trial, 'search');
      const confirm = evaluated(confirmation, 'confirm');
      return {
        trial,
        name: nameTrial(trial),
        ...(search === undefined ? {} : { search }),
        ...(confirm === undefined ? {} : { confirm }),
      };
    });
}

function groupByTrial(rows: readonly ScoreRow[]): Map<string, ScoreRow[]> {
  const groups = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    const group = groups.get(row.trial);
    if (group === undefined) groups.set(row.trial, [row]);
    else group.push(row);
  }
  return groups;
}

function toSplitScore(
  trial: TrialRow,
  split: Split,
  rows: readonly ScoreRow[],
): SplitScore | undefined {
  if (trial.state !== 'complete' || trial.fitness === undefined) return undefined;
  const { tasks } = trial.input.evaluation;
  const scores = tasks.flatMap(({ name, metric }) =>
    rows.filter((row) => row.task === name && row.metric === metric && row.split === split),
  );
  const stderr = standardErrorOfFitness(trial, scores);
  return {
    split,
    trial,
    fitness: trial.fitness,
    scores,
    ...(stderr === undefined ? {} : { stderr }),
  };
}

/** The tasks' documents differ, so their errors are independent. */
function standardErrorOfFitness(
  { input }: TrialRow,
  scores: readonly ScoreRow[],
): number | undefined {
  const { tasks } = input.evaluation;
  const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  let variance = 0;
  for (const { name, metric, weight } of tasks) {
    const stderr = scores.find((row) => row.task === name && row.metric === metric)?.stderr;
    if (stderr === undefined) return undefined;
    variance += ((weight / total) * stderr) ** 2;
  }
  return Math.sqrt(variance);
}

/**
 * SHA-256 per file of the checkpoint that was scored: a merge that was scored in memory is written
 * when it is confirmed.
 */
export function filesOf({ trial, confirm }: ScoredModel): TrialRow['checkpointFiles'] {
  return trial.checkpointFiles ?? confirm?.trial.checkpointFiles;
}
