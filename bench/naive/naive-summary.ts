/** The seeds of the naive benchmark in a few figures: medians of the ratios of each seed. */
import { meanWithInterval, median } from '../median.js';
import type { NaiveFlags } from './naive-flags.js';
import type { SeedResult } from './naive-seed.js';
import type { SearchCost } from './search-cost.js';

export interface NaiveSummary {
  /** naive ÷ ours, through Temporal and the ledger. */
  readonly secondsPerTrialRatio: number;
  readonly cpuRatio: number;
  /** naive ÷ ours; null where half of the seeds or more never reached the script's score. */
  readonly timeToScoreRatio: number | null;
  /** naive ÷ the warm child alone. */
  readonly evaluatorSecondsRatio: number;
  readonly evaluatorCpuRatio: number;
  /** mergekit-evolve's whole process tree ÷ ours, ÷ the warm child alone; null: no seed of it. */
  readonly cpuRatioEvolve: number | null;
  readonly evaluatorCpuRatioEvolve: number | null;
  /** ours − evolve on the confirm split: mean over its seeds, 95 % interval, and of the medians. */
  readonly confirmDifferenceEvolve: number | null;
  readonly confirmDifferenceEvolve95: readonly [number, number] | null;
  readonly confirmMedianDifferenceEvolve: number | null;
  readonly confirmMedians: Readonly<Record<'naive' | 'ours' | 'evolve', number | null>>;
  /** What is replayed, charged or missing. */
  readonly notes: readonly string[];
}

export function summarizeSeeds(flags: NaiveFlags, seeds: readonly SeedResult[]): NaiveSummary {
  const withEvolve = seeds.flatMap(({ evolve, ...seed }) =>
    evolve === null ? [] : [{ ...seed, evolve }],
  );
  const differences = withEvolve.map(({ ours, evolve }) => ours.confirmScore - evolve.confirmScore);
  const paired = meanWithInterval(differences);
  const ourMedian = median(withEvolve.map(({ ours }) => ours.confirmScore));
  const evolveMedian = median(withEvolve.map(({ evolve }) => evolve.confirmScore));
  const isReachedByMost = 2 * unreached(seeds).length < seeds.length;
  const orNull = (value: number): number | null => (withEvolve.length === 0 ? null : value);
  return {
    secondsPerTrialRatio: median(seeds.map(({ naive, ours }) => seconds(naive, ours))),
    cpuRatio: median(seeds.map(({ naive, ours }) => cpu(naive, ours))),
    timeToScoreRatio: isReachedByMost ? median(seeds.map(timeToScoreRatio)) : null,
    evaluatorSecondsRatio: median(seeds.map(({ naive, evaluator }) => seconds(naive, evaluator))),
    evaluatorCpuRatio: median(seeds.map(({ naive, evaluator }) => cpu(naive, evaluator))),
    cpuRatioEvolve: orNull(median(withEvolve.map(({ evolve, ours }) => evolveCpu(evolve, ours)))),
    evaluatorCpuRatioEvolve: orNull(
      median(withEvolve.map(({ evolve, evaluator }) => evolveCpu(evolve, evaluator))),
    ),
    confirmDifferenceEvolve: orNull(paired.mean),
    confirmDifferenceEvolve95: paired.interval,
    confirmMedianDifferenceEvolve: orNull(ourMedian - evolveMedian),
    confirmMedians: {
      naive: median(seeds.map(({ naive }) => naive.confirmScore)),
      ours: median(seeds.map(({ ours }) => ours.confirmScore)),
      evolve: orNull(evolveMedian),
    },
    notes: listNotes(flags, seeds, withEvolve.length),
  };
}

/** naive ÷ ours of one seed; 0 where ours never got there. */
export function timeToScoreRatio({ naive, ours }: SeedResult): number {
  // The script's own best confirms at its own score, so it got there.
  return (naive.reachedSeconds ?? Number.NaN) / (ours.reachedSeconds ?? Infinity);
}

const seconds = (naive: SearchCost, ours: SearchCost): number =>
  naive.secondsPerTrial / ours.secondsPerTrial;

const cpu = (naive: SearchCost, ours: SearchCost): number =>
  naive.cpuSecondsPerTrial / ours.cpuSecondsPerTrial;

const evolveCpu = (
  evolve: { readonly cpuSecondsPerEvaluation: number },
  ours: SearchCost,
): number => evolve.cpuSecondsPerEvaluation / ours.cpuSecondsPerTrial;

const unreached = (seeds: readonly SeedResult[]): readonly number[] =>
  seeds.filter(({ ours }) => ours.reachedSeconds === null).map(({ seed }) => seed);

function listNotes(
  { trials, naiveTrials }: NaiveFlags,
  seeds: readonly SeedResult[],
  evolveSeeds: number,
): string[] {
  const missed = unreached(seeds);
  const cold = seeds.reduce((sum, { ours }) => sum + ours.modes.cold, 0);
  return [
    `naive: its cost per trial is that of ${naiveTrials} trials run cold for each seed; its ${trials} trials ` +
      'are replayed in the warm child and charged with that cost',
    'naive: its masks are unseeded in the original; the replay gives each trial a mask seed of its own',
    `replay: for each seed its best trial was merged and evaluated cold too, all bits and the scores of all ${seeds[0]?.proof.documents ?? 0} documents equal`,
    'time to score: from the start of each program; ours has start-up, baselines and its cold proof in it; ' +
      'confirming the best-so-far models afterwards is charged to neither side',
    'evaluator: the warm child and the process that asks it, over the replayed trials; its start is apart',
    ...(missed.length === 0
      ? []
      : [
          `time to score: ours did not reach the script's final score in ${trials} trials with seed ${missed.join(', ')}; ` +
            'such a seed counts as a ratio of 0',
        ]),
    ...(cold === 0 ? [] : [`ours: ${cold} of its search trials were evaluated cold`]),
    ...(evolveSeeds === seeds.length
      ? []
      : [`evolve: measured with ${evolveSeeds} of ${seeds.length} seeds`]),
  ];
}
