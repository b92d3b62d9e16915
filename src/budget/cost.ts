/** What trials cost: as expected before any has run, as measured since. */
import type { TrialKind, TrialOutcome } from '../../activities/contracts.js';
import type { TrialFailure } from '../errors.js';

/** Of one trial, all its attempts together. */
export interface CostEstimate {
  /** Card-seconds, > 0; a slot without a card counts as one card. */
  readonly gpuSeconds: number;
  /** Seconds for which it keeps a slot from the next trial, > 0. */
  readonly seconds: number;
}

export interface CostEstimates {
  readonly kinds: Readonly<Record<TrialKind, CostEstimate>>;
  /** It may be so many times more or less, ≥ 1. */
  readonly factor: number;
  /** `plan`: from sizes and limits; `former sweep`: measured with the same models and tasks. */
  readonly source: 'plan' | 'former sweep';
}

export const trialKinds: readonly TrialKind[] = ['baseline', 'search', 'promotion', 'confirm'];

/** What is known of the cost of a kind, of trials that were scored. */
export interface MeasuredCost {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation, ≥ 0; 0 of one. */
  readonly spread: number;
}

export type MeasuredCosts = Partial<Readonly<Record<TrialKind, MeasuredCost>>>;

/**
 * Values far out count as Tukey's outer fence, of four or more: the one trial that proves that warm equals
 * cold takes many times what the next ones take.
 */
export function measure(values: readonly number[]): MeasuredCost | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const fence = count < 4 ? Infinity : quantile(sorted, 0.75) * 4 - quantile(sorted, 0.25) * 3;
  const near = sorted.map((value) => Math.min(value, fence));
  const mean = near.reduce((a, b) => a + b, 0) / count;
  const squares = near.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, spread: count === 1 ? 0 : Math.sqrt(squares / (count - 1)) };
}

/** Linear between the two nearest. @param sorted ascending, at least one */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + (at % 1) * ((sorted[Math.ceil(at)] ?? low) - low);
}

export function measureKinds(
  rows: readonly { readonly kind: TrialKind; readonly value: number }[],
): MeasuredCosts {
  return Object.fromEntries(
    trialKinds.flatMap((kind): [TrialKind, MeasuredCost][] => {
      const cost = measure(rows.filter((row) => row.kind === kind).map(({ value }) => value));
      return cost === undefined ? [] : [[kind, cost]];
    }),
  );
}

/** From so few trials their spread is not known: half of the mean is assumed instead. */
const fewTrials = 3;

/**
 * Card-seconds (or seconds) that a trial of the kind is counted with: of measured ones mean and two standard
 * deviations; of a kind that was not measured its estimate, corrected by how the estimates of others
 * turned out. Undefined where nothing is known.
 */
export function expectCost(
  kind: TrialKind,
  measured: MeasuredCosts,
  estimates: CostEstimates | undefined,
  unit: keyof CostEstimate,
): number | undefined {
  const reference = referenceFor(measured);
  if (reference === undefined) return estimates?.kinds[kind][unit];
  const own = measured[kind];
  // Of few the spread is not known: another kind may tell more.
  const isEnough = own !== undefined && own.count >= Math.min(fewTrials, reference[1].count);
  return upperBound(isEnough ? own : scale(reference, kind, estimates, unit));
}

/**
 * What a kind takes: as measured; else as the kind with the most trials turned out beside its estimate;
 * else its estimate, as of one trial. Undefined where nothing is known.
 */
export function inferCost(
  kind: TrialKind,
  measured: MeasuredCosts,
  estimates: CostEstimates | undefined,
  unit: keyof CostEstimate,
): MeasuredCost | undefined {
  const own = measured[kind];
  if (own !== undefined) return own;
  const reference = referenceFor(measured);
  if (reference !== undefined) return scale(reference, kind, estimates, unit);
  const planned = estimates?.kinds[kind][unit];
  return planned === undefined ? undefined : { count: 1, mean: planned, spread: 0 };
}

function scale(
  [known, { count, mean, spread }]: readonly [TrialKind, MeasuredCost],
  kind: TrialKind,
  estimates: CostEstimates | undefined,
  unit: keyof CostEstimate,
): MeasuredCost {
  const ratio =
    estimates === undefined ? 1 : estimates.kinds[kind][unit] / estimates.kinds[known][unit];
  return { count, mean: mean * ratio, spread: spread * ratio };
}

const upperBound = ({ count, mean, spread }: MeasuredCost): number =>
  mean + (count < fewTrials ? Math.max(mean / 2, 2 * spread) : 2 * spread);

/** Of the kinds that were measured the one with the most trials. */
function referenceFor(measured: MeasuredCosts): readonly [TrialKind, MeasuredCost] | undefined {
  return trialKinds
    .flatMap((kind) => {
      const cost = measured[kind];
      return cost === undefined ? [] : [[kind, cost] as const];
    })
    .sort(([, a], [, b]) => b.count - a.count)[0];
}

export interface ChargeFacts {
  /** Of the trial's lease; absent: none. */
  readonly leaseGpuSeconds?: number | undefined;
  /** Since it was handed out. */
  readonly elapsedSeconds: number;
}

/**
 * Card-seconds that an end of a trial has cost, its earlier attempts included. Where an attempt did not
 * say, it is counted with more rather than less: the time since the hand-out, or all of the lease.
 */
export function chargeOf(outcome: TrialOutcome, facts: ChargeFacts): number {
  switch (outcome.status) {
    case 'complete': {
      const { gpuSeconds, seconds, failures = [] } = outcome.result;
      const own = gpuSeconds ?? Math.max(0, seconds.merge) + Math.max(0, seconds.evaluate);
      return own + sumAttempts(failures, facts);
    }
    case 'failed': {
      const { earlier = [], ...last } = outcome.failure;
      return sumAttempts([...earlier, last], facts);
    }
    case 'cancelled':
      return atMost(facts);
  }
}

function sumAttempts(attempts: readonly TrialFailure[], facts: ChargeFacts): number {
  const known = attempts.reduce((sum, { gpuSeconds = 0 }) => sum + Math.max(0, gpuSeconds), 0);
  // In a queue nothing is used up; of the rest one that says nothing may have used all that is left.
  const isSilent = attempts.some(
    ({ gpuSeconds, stage }) => gpuSeconds === undefined && stage !== 'queued',
  );
  return isSilent ? Math.max(known, atMost(facts)) : known;
}

const atMost = ({ leaseGpuSeconds = Infinity, elapsedSeconds }: ChargeFacts): number =>
  Math.min(leaseGpuSeconds, Math.max(0, elapsedSeconds));
