/** What a sweep has cost, what it will have cost at its end, and when that is. */
import type { TrialKind } from '../../activities/contracts.js';
import type { SweepFile } from '../spec/schema.js';
import type { SweepRow, TrialRow } from '../store/rows.js';
import { readCaps } from './caps.js';
import {
  inferCost,
  measureKinds,
  trialKinds,
  type CostEstimates,
  type MeasuredCosts,
} from './cost.js';
import { estimateEta, type Eta } from './eta.js';
import { readPace } from './pace.js';
import { countToCome, type KindCounts } from './remaining.js';

export interface OutlookQuestion {
  readonly sweep: Pick<SweepRow, 'state' | 'maxTrials' | 'searchEnded' | 'estimate' | 'createdAt'>;
  /** All, by ordinal. */
  readonly trials: readonly TrialRow[];
  /** Absent: its file can't be read by this version. */
  readonly file?: SweepFile | undefined;
  /** Card-seconds that trials in flight have held so far. @default 0 */
  readonly openGpuSeconds?: number;
  /** Before any trial has ended. @default the trials in flight */
  readonly slots?: number;
  readonly atMs: number;
}

/** Field names are stable: `status --json` prints it. */
export interface Outlook {
  readonly cost: {
    readonly gpuHours: number;
    readonly usd?: number;
    readonly capGpuHours?: number;
    readonly capUsd?: number;
    /** At the end of the sweep; absent while nothing is known of what a trial costs. */
    readonly projectedGpuHours?: number;
    readonly projectedUsd?: number;
  };
  /** Absent when the sweep does not run, or nothing is known of how long a trial takes. */
  readonly eta?: Eta & {
    /** ISO 8601. */
    readonly at: string;
  };
}

export function foresee(question: OutlookQuestion): Outlook {
  const { sweep, trials, file, openGpuSeconds = 0, atMs } = question;
  const spent = trials.reduce((sum, trial) => sum + gpuSecondsOf(trial), 0) + openGpuSeconds;
  const isGoingOn = sweep.state !== 'finished';
  const { toStart, open } = countLeft(question, spent);
  const remaining = isGoingOn
    ? sumCosts(add(toStart, open), measureGpu(trials), sweep.estimate)
    : 0;
  const projected =
    remaining === undefined ? undefined : spent + Math.max(0, remaining - openGpuSeconds);
  const eta =
    sweep.state === 'running'
      ? estimateEta({
          ...{ toStart, open, pace: readPace(trials), estimates: sweep.estimate },
          slots: question.slots ?? Math.max(1, sumOf(open)),
        })
      : undefined;
  const leftSeconds = wallClockLeft(question);
  const seconds = eta === undefined ? 0 : Math.min(eta.seconds, leftSeconds);
  const price = file?.budget.usd_per_gpu_hour;
  const cap = { hours: file?.budget.gpu_hours, usd: file?.budget.usd };
  const most = file === undefined ? Infinity : (readCaps(file.budget).gpu?.seconds ?? Infinity);
  const projectedHours = projected === undefined ? undefined : toHours(Math.min(projected, most));
  return {
    cost: {
      gpuHours: toHours(spent),
      ...(price !== undefined && { usd: toHours(spent) * price }),
      ...(cap.hours !== undefined && { capGpuHours: cap.hours }),
      ...(cap.usd !== undefined && { capUsd: cap.usd }),
      ...(projectedHours !== undefined && {
        projectedGpuHours: projectedHours,
        ...(price !== undefined && { projectedUsd: projectedHours * price }),
      }),
    },
    ...(eta !== undefined && {
      eta: { ...eta, seconds, at: new Date(atMs + seconds * 1000).toISOString() },
    }),
  };
}

/** Card-seconds; results of earlier versions say nothing of cards: their stages count. */
export function gpuSecondsOf({ gpuSeconds, mergeSeconds, evaluateSeconds }: TrialRow): number {
  return gpuSeconds ?? (mergeSeconds ?? 0) + (evaluateSeconds ?? 0);
}

function measureGpu(trials: readonly TrialRow[]): MeasuredCosts {
  const scored = trials.filter(({ state }) => state === 'complete');
  return measureKinds(scored.map((trial) => ({ kind: trial.kind, value: gpuSecondsOf(trial) })));
}

/** Trials that are left to run, as far as a cap lets them. */
function countLeft(
  { sweep, trials, file }: OutlookQuestion,
  spent: number,
): { readonly toStart: KindCounts; readonly open: KindCounts } {
  const isOpen = ({ state, startedAt }: TrialRow): boolean =>
    state === 'proposed' && startedAt !== undefined;
  const open = countKinds(trials.filter(isOpen));
  const waiting = countKinds(
    trials.filter((trial) => !isOpen(trial) && ['proposed', 'cancelled'].includes(trial.state)),
  );
  const proposed = countKinds(trials);
  const stage = { proposed, maxTrials: sweep.maxTrials };
  const isSearchOver = sweep.searchEnded !== undefined;
  const toCome =
    file === undefined
      ? { ...none, search: isSearchOver ? 0 : Math.max(0, sweep.maxTrials - proposed.search) }
      : countToCome(file, { ...stage, isSearchOver });
  const toStart = add(waiting, withPromotions(toCome, proposed));
  const cap = file === undefined ? undefined : readCaps(file.budget).gpu;
  const measured = measureGpu(trials);
  const each = inferCost('search', measured, sweep.estimate, 'gpuSeconds')?.mean;
  const others = sumCosts(add({ ...toStart, search: 0 }, open), measured, sweep.estimate);
  if (cap === undefined || each === undefined || others === undefined) return { toStart, open };
  const affordable = Math.floor(Math.max(0, cap.seconds - spent - others) / each);
  return { toStart: { ...toStart, search: Math.min(toStart.search, affordable) }, open };
}

/** Of the best third of a rung's trials, at first; then as many as there were. */
function withPromotions(toCome: KindCounts, proposed: KindCounts): KindCounts {
  // Without rungs none must come.
  if (toCome.promotion === 0) return toCome;
  const share = proposed.search < fewSearchTrials ? 1 / 3 : proposed.promotion / proposed.search;
  return { ...toCome, promotion: toCome.promotion + Math.round(share * toCome.search) };
}

function wallClockLeft({ sweep, file, atMs }: OutlookQuestion): number {
  const cap = file === undefined ? undefined : readCaps(file.budget).wallClock;
  if (cap === undefined) return Infinity;
  return Math.max(0, cap.seconds - (atMs - Date.parse(sweep.createdAt)) / 1000);
}

function sumCosts(
  counts: KindCounts,
  measured: MeasuredCosts,
  estimates: CostEstimates | undefined,
): number | undefined {
  let sum = 0;
  for (const kind of trialKinds) {
    if (counts[kind] === 0) continue;
    const each = inferCost(kind, measured, estimates, 'gpuSeconds')?.mean;
    if (each === undefined) return undefined;
    sum += counts[kind] * each;
  }
  return sum;
}

const fewSearchTrials = 6;

const none: KindCounts = { baseline: 0, search: 0, promotion: 0, confirm: 0 };

function countKinds(trials: readonly TrialRow[]): KindCounts {
  const counts = { ...none } as Record<TrialKind, number>;
  for (const { kind } of trials) counts[kind] += 1;
  return counts;
}

const add = (a: KindCounts, b: KindCounts): KindCounts =>
  Object.fromEntries(trialKinds.map((kind) => [kind, a[kind] + b[kind]])) as Record<
    TrialKind,
    number
  >;
const sumOf = (counts: KindCounts): number =>
  trialKinds.reduce((sum, kind) => sum + counts[kind], 0);
const toHours = (seconds: number): number => seconds / 3600;
