/** When a sweep is done, and how sure that is. */
import type { TrialKind } from '../../activities/contracts.js';
import { inferCost, trialKinds, type CostEstimates } from './cost.js';
import type { Pace } from './pace.js';

export interface EtaQuestion {
  /** Trials that are yet to be handed out, by kind. */
  readonly toStart: Readonly<Record<TrialKind, number>>;
  /** Handed out and not ended, by kind. */
  readonly open: Readonly<Record<TrialKind, number>>;
  readonly pace?: Pace | undefined;
  readonly estimates?: CostEstimates | undefined;
  /** Before any trial has ended. @default 1 */
  readonly slots?: number;
}

export interface Eta {
  readonly seconds: number;
  /** Half of the band in which the end lies nine times of ten; of an estimate the smaller half. */
  readonly plusMinus: number;
  readonly source: 'measured' | CostEstimates['source'];
}

/** Two-sided 90 % of the normal distribution. */
const z = 1.645;

/** Undefined where nothing is known of how long a trial takes, or nothing is left. */
export function estimateEta(question: EtaQuestion): Eta | undefined {
  const { toStart, open, pace, estimates } = question;
  const slots = Math.max(1, pace?.slots ?? question.slots ?? 1);
  let [work, variance, slant, longest] = [0, 0, 0, 0];
  let running = slots;
  for (const kind of trialKinds) {
    const inSlots = Math.min(running, open[kind]);
    running -= inSlots;
    // Of those that run half is done, as a rule.
    const count = toStart[kind] + (open[kind] - inSlots) + inSlots / 2;
    if (count === 0) continue;
    const cycle = inferCost(kind, pace?.cycles ?? {}, estimates, 'seconds');
    if (cycle === undefined) return undefined;
    work += count * cycle.mean;
    variance += count * cycle.spread ** 2;
    slant += (count * cycle.spread) / Math.sqrt(cycle.count);
    longest = Math.max(longest, cycle.mean);
  }
  if (work === 0) return undefined;
  const isMeasured = pace !== undefined;
  // The last ones end one by one, and confirmations wait for the last of the search.
  const tails = toStart.confirm > 0 && toStart.search + open.search > 0 ? 2 : 1;
  const seconds = work / slots + tails * longest * (1 - 1 / slots) * 0.5;
  const source = isMeasured ? 'measured' : (estimates?.source ?? 'plan');
  const plusMinus = isMeasured
    ? (z * Math.hypot(Math.sqrt(variance), slant)) / slots
    : seconds * (1 - 1 / (estimates?.factor ?? 1));
  return { seconds, plusMinus, source };
}
