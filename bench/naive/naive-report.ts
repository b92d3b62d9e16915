/** The figures of the naive benchmark as lines of text. */
import { timeToScoreRatio, type NaiveSummary } from './naive-summary.js';
import type { SearchOutcome, SeedResult } from './naive-seed.js';
import { median } from '../median.js';
import type { SearchCost } from './search-cost.js';

export function renderSeed(result: SeedResult): string[] {
  const { seed, naive, ours, evaluator, evolve, proof } = result;
  const line = (side: string, text: string): string => `seed ${seed}: ${side}: ${text}`;
  return [
    line('naive, cold', `${renderCost(naive)} (of ${naive.whole.trials} run)`),
    line(
      'ours, whole path',
      `${renderCost(ours)} (${ours.modes.warm} warm, ${ours.modes.cold} cold)`,
    ),
    line(
      'our evaluator alone',
      `${renderCost(evaluator)}, after a start of ${evaluator.start.seconds.toFixed(1)} s`,
    ),
    line('naive', renderOutcome(naive)),
    line('ours', renderOutcome(ours)),
    line(
      'proof of the replay',
      `trial ${proof.trial} cold: all tensors and ${proof.documents} documents equal`,
    ),
    ...(evolve === null
      ? []
      : [
          line(
            'evolve',
            `${evolve.secondsPerEvaluation.toFixed(2)} s and ${evolve.cpuSecondsPerEvaluation.toFixed(2)} CPU-s an evaluation, ` +
              `${evolve.evaluations} evaluations, search ${evolve.bestSearch.toFixed(4)}, confirm ${evolve.confirmScore.toFixed(4)}`,
          ),
        ]),
  ];
}

export function renderSummary(summary: NaiveSummary, seeds: readonly SeedResult[]): string[] {
  const { timeToScoreRatio: toScore, confirmDifferenceEvolve95: interval } = summary;
  const times = seeds.map(timeToScoreRatio).map((ratio) => ratio.toFixed(1));
  return [
    `medians over ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}:`,
    `  naive ÷ ours, whole path: ${summary.secondsPerTrialRatio.toFixed(1)} × seconds, ${summary.cpuRatio.toFixed(1)} × CPU-seconds a trial`,
    `  naive ÷ our evaluator alone: ${summary.evaluatorSecondsRatio.toFixed(1)} × seconds, ${summary.evaluatorCpuRatio.toFixed(1)} × CPU-seconds a trial`,
    `  naive ÷ ours, time to the script's final confirm score: ${toScore === null ? 'not reached' : `${toScore.toFixed(1)} ×`} (by seed ${times.join(', ')}); ` +
      `naive ${renderTime(seeds.map(({ naive }) => naive))}, ours ${renderTime(seeds.map(({ ours }) => ours))}`,
    ...(summary.cpuRatioEvolve === null
      ? []
      : [
          `  evolve ÷ ours, whole path: ${summary.cpuRatioEvolve.toFixed(1)} × CPU-seconds; ÷ our evaluator alone: ${summary.evaluatorCpuRatioEvolve?.toFixed(1) ?? '?'} ×`,
          `  ours − evolve, confirm split: mean ${summary.confirmDifferenceEvolve?.toFixed(4) ?? '?'}, 95 % ` +
            `${interval === null ? 'unknown with one seed' : `${interval[0].toFixed(4)} to ${interval[1].toFixed(4)}`}, ` +
            `of the medians ${summary.confirmMedianDifferenceEvolve?.toFixed(4) ?? '?'}`,
        ]),
    ...summary.notes.map((note) => `note: ${note}`),
  ];
}

const renderCost = ({ secondsPerTrial, cpuSecondsPerTrial }: SearchCost): string =>
  `${secondsPerTrial.toFixed(2)} s and ${cpuSecondsPerTrial.toFixed(2)} CPU-s a trial`;

function renderOutcome(outcome: SearchOutcome): string {
  const { bestTrial, bestSearch, confirmScore, reachedTrial, reachedSeconds } = outcome;
  const reached =
    reachedSeconds === null
      ? "never reached the script's final score"
      : `reached the script's final score with trial ${reachedTrial ?? '?'} after ${reachedSeconds.toFixed(1)} s`;
  return `best is trial ${bestTrial}, search ${bestSearch.toFixed(4)}, confirm ${confirmScore.toFixed(4)}; ${reached}`;
}

function renderTime(outcomes: readonly SearchOutcome[]): string {
  const seconds = median(outcomes.map(({ reachedSeconds }) => reachedSeconds ?? Infinity));
  return Number.isFinite(seconds) ? `${seconds.toFixed(1)} s` : 'never';
}
