/** What there is to say about a sweep, read once for `ls`, `status`, the final table and `--json`. */
import { measureStaleness, type Staleness } from '../budget/staleness.js';
import type { FailureClass } from '../errors.js';
import type { Diagnostics } from '../samplers/sampler.js';
import {
  rankFinalists,
  rankSearchTrials,
  selectBest,
  selectBestParent,
} from '../scoring/select-best.js';
import type { JournalEntry, LedgerReader, SweepRow, TrialRow } from '../store/rows.js';
import { readScoredModels, type ScoredModel } from './scored-model.js';

/** Trials of one kind by how they stand. */
export interface TrialCounts {
  readonly proposed: number;
  readonly complete: number;
  readonly failed: number;
  readonly cancelled: number;
  /** In all. */
  readonly total: number;
}

export interface SweepFacts {
  readonly sweep: SweepRow;
  readonly counts: Readonly<Record<TrialRow['kind'], TrialCounts>>;
  /** All, by ordinal. */
  readonly trials: readonly TrialRow[];
  /** Search trials, their promotions and baselines, by ordinal. */
  readonly models: readonly ScoredModel[];
  /** Trials that wait or run. */
  readonly open: readonly TrialRow[];
  /** Of the finalists the best confirmed; before they are, the best measured in the search. */
  readonly best?: ScoredModel;
  /** Best confirmed first; empty before all are. */
  readonly finalists: readonly ScoredModel[];
  /** The candidate with the highest search score. */
  readonly bestMeasured?: ScoredModel;
  readonly base?: ScoredModel;
  readonly uniform?: ScoredModel;
  readonly ties?: ScoredModel;
  /** In the order of the sweep file. */
  readonly parents: readonly ScoredModel[];
  /** The parent with the highest search score. */
  readonly bestParent?: ScoredModel;
  /** Search score of the best − that of the best parent. */
  readonly deltaToBestParent?: number;
  readonly failures: Readonly<Partial<Record<FailureClass, number>>>;
  /** Of the sampler: sigma, generation, … */
  readonly diagnostics: Diagnostics;
  /** How many results candidates did not know; absent before one was told. */
  readonly staleness?: Staleness;
  /** What was done to it besides its search, by time. */
  readonly journal: readonly JournalEntry[];
}

export function readSweepFacts(reader: LedgerReader, sweep: SweepRow): SweepFacts {
  const trials = reader.listTrials(sweep.name);
  const models = readScoredModels(reader, sweep.name);
  const modelOf = (trial: TrialRow | undefined): ScoredModel | undefined =>
    models.find((model) => model.trial.trial === trial?.trial);
  const baseline = (label: string): ScoredModel | undefined =>
    models.find(({ trial }) => trial.kind === 'baseline' && trial.label === label);
  const parents = models.filter(({ trial }) => isParent(trial));
  const labels = parents.flatMap(({ trial }) => (trial.label === undefined ? [] : [trial.label]));
  const best = modelOf(selectBest(trials));
  const bestParent = modelOf(selectBestParent(trials, labels));
  const bestScore = best?.search?.fitness;
  const parentScore = bestParent?.search?.fitness;
  return {
    sweep,
    counts: {
      search: countTrials(trials, 'search'),
      baseline: countTrials(trials, 'baseline'),
      confirm: countTrials(trials, 'confirm'),
      promotion: countTrials(trials, 'promotion'),
    },
    trials,
    models,
    open: trials.filter(({ state }) => state === 'proposed'),
    parents,
    failures: reader.countFailures(sweep.name),
    diagnostics: reader.getDiagnostics(sweep.name),
    journal: reader.listJournal(sweep.name),
    ...given('staleness', measureStaleness(reader.listSearchEvents(sweep.name), trials)),
    ...given('best', best),
    finalists: rankFinalists(trials).flatMap((trial) => modelOf(trial) ?? []),
    ...given('bestMeasured', modelOf(rankSearchTrials(trials)[0])),
    ...given('base', baseline('base')),
    ...given('uniform', baseline('uniform')),
    ...given('ties', baseline('ties')),
    ...given('bestParent', bestParent),
    ...(bestScore === undefined || parentScore === undefined
      ? {}
      : { deltaToBestParent: bestScore - parentScore }),
  };
}

/** A baseline that is evaluated as it is and is not the base (a reserved label) is a parent. */
export function isParent({ kind, label, input }: TrialRow): boolean {
  return kind === 'baseline' && input.subject.kind === 'model' && label !== 'base';
}

function countTrials(trials: readonly TrialRow[], kind: TrialRow['kind']): TrialCounts {
  const ofKind = trials.filter((trial) => trial.kind === kind);
  const count = (state: TrialRow['state']): number =>
    ofKind.filter((trial) => trial.state === state).length;
  return {
    proposed: count('proposed'),
    complete: count('complete'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    total: ofKind.length,
  };
}

function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
