/** What the sweeps of all arms say together. */
import { arms, type Arm, type FidelitySweep } from './fidelity-sweep.js';
import { meanWithInterval, type MeanWithInterval } from '../median.js';

export interface ArmSummary {
  /** Per sweep, and so are all of these; intervals are Student's, 95 %, over the seeds. */
  readonly documents: MeanWithInterval;
  readonly confirm: MeanWithInterval;
  readonly searchBest: MeanWithInterval;
  readonly promotions: number;
  readonly evaluateSeconds: number;
  readonly wallSeconds: number;
  /** Mean documents of the arm ÷ mean documents of `full`. */
  readonly costRatio: number;
  /** The same of the seconds that evaluations took. */
  readonly evaluateSecondsRatio: number;
  /** Arm − full on the confirm split, mean of the pairs with the same seed. */
  readonly scoreDifference: number;
  /** Ends of its 95 % interval; null with one seed. */
  readonly scoreDifferenceLow95: number | null;
  readonly scoreDifferenceHigh95: number | null;
  /** Low end above −`margin`; with one seed, the difference itself. */
  readonly isNotWorse: boolean;
}

export interface FidelitySummary {
  /** Those that every arm has. */
  readonly seeds: readonly number[];
  readonly perArm: Readonly<Record<Arm, ArmSummary>>;
  /** The cheaper one of those that are not worse; else the one with the better score. */
  readonly better: Exclude<Arm, 'full'>;
}

/** A confirmed score that is less than this below another is taken to be as good. */
export const margin = 0.01;

/** @throws when no seed is there for all arms */
export function summarize(sweeps: readonly FidelitySweep[]): FidelitySummary {
  const find = (arm: Arm, seed: number): FidelitySweep | undefined =>
    sweeps.find((sweep) => sweep.arm === arm && sweep.seed === seed);
  const seeds = [...new Set(sweeps.map(({ seed }) => seed))]
    .filter((seed) => arms.every((arm) => find(arm, seed) !== undefined))
    .sort((a, b) => a - b);
  if (seeds.length === 0) throw new Error('expected one seed at least that all arms have finished');
  const of = (arm: Arm): FidelitySweep[] => seeds.flatMap((seed) => find(arm, seed) ?? []);
  const full = of('full');
  const perArm = {
    full: summarizeArm(full, full),
    'rank-then-confirm': summarizeArm(of('rank-then-confirm'), full),
    race: summarizeArm(of('race'), full),
  };
  return { seeds, perArm, better: chooseBetter(perArm) };
}

function chooseBetter(perArm: FidelitySummary['perArm']): FidelitySummary['better'] {
  const [first, second] = ['rank-then-confirm', 'race'] as const;
  const [a, b] = [perArm[first], perArm[second]];
  if (a.isNotWorse !== b.isNotWorse) return a.isNotWorse ? first : second;
  const isFirst = a.isNotWorse
    ? a.costRatio <= b.costRatio
    : a.scoreDifference >= b.scoreDifference;
  return isFirst ? first : second;
}

/** @param full the sweeps that are compared with, in the same order of seeds */
function summarizeArm(own: readonly FidelitySweep[], full: readonly FidelitySweep[]): ArmSummary {
  const over = (
    sweeps: readonly FidelitySweep[],
    figure: (sweep: FidelitySweep) => number,
  ): MeanWithInterval => meanWithInterval(sweeps.map(figure));
  const ratio = (figure: (sweep: FidelitySweep) => number): number =>
    over(own, figure).mean / over(full, figure).mean;
  const { mean: scoreDifference, interval } = meanWithInterval(
    own.map(({ confirm }, index) => confirm - (full[index]?.confirm ?? Number.NaN)),
  );
  const [low, high] = interval ?? [null, null];
  return {
    documents: over(own, ({ documents }) => documents),
    confirm: over(own, ({ confirm }) => confirm),
    searchBest: over(own, ({ searchBest }) => searchBest),
    promotions: over(own, ({ promotions }) => promotions).mean,
    evaluateSeconds: over(own, ({ evaluateSeconds }) => evaluateSeconds).mean,
    wallSeconds: over(own, ({ wallSeconds }) => wallSeconds).mean,
    costRatio: ratio(({ documents }) => documents),
    evaluateSecondsRatio: ratio(({ evaluateSeconds }) => evaluateSeconds),
    scoreDifference,
    scoreDifferenceLow95: low,
    scoreDifferenceHigh95: high,
    isNotWorse: (low ?? scoreDifference) > -margin,
  };
}

export function renderSummary({ seeds, perArm, better }: FidelitySummary): string[] {
  const interval = ({ mean, interval }: MeanWithInterval, digits: number): string =>
    interval === null
      ? mean.toFixed(digits)
      : `${mean.toFixed(digits)} (${interval.map((end) => end.toFixed(digits)).join(' to ')})`;
  const lines = arms.map((arm) => {
    const { documents, confirm, searchBest, promotions, ...rest } = perArm[arm];
    const { costRatio, scoreDifference, scoreDifferenceLow95: low } = rest;
    const difference =
      arm === 'full'
        ? ''
        : `, arm − full ${scoreDifference.toFixed(4)}${low === null ? '' : ` (${low.toFixed(4)} to ${rest.scoreDifferenceHigh95?.toFixed(4) ?? '?'})`}`;
    return (
      `  ${arm.padEnd(18)}cost ${costRatio.toFixed(3)} of full: ${interval(documents, 0)} documents, ` +
      `${rest.evaluateSeconds.toFixed(1)} s of evaluation (${rest.evaluateSecondsRatio.toFixed(2)} of full), ` +
      `${promotions.toFixed(1)} promotions, ${rest.wallSeconds.toFixed(1)} s; ` +
      `search ${interval(searchBest, 4)}, confirm ${interval(confirm, 4)}${difference}`
    );
  });
  const { isNotWorse, scoreDifferenceLow95 } = perArm[better];
  const verdict =
    scoreDifferenceLow95 === null
      ? 'one seed shows nothing'
      : isNotWorse
        ? `not worse than full by ${margin}`
        : `though it is not shown to be within ${margin} of full`;
  return [
    `means of ${seeds.length === 1 ? 'one seed, no intervals' : `${seeds.length} seeds (95 %, Student)`}:`,
    ...lines,
    `  the better of the two: ${better}, ${verdict}`,
  ];
}
