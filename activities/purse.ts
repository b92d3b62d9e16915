/** What a sweep's caps leave, while trials are handed out in one transaction. */
import { readCaps, type Cap, type Caps } from '../src/budget/caps.js';
import { expectCost, trialKinds } from '../src/budget/cost.js';
import { leastSearchFactor, reserveFactor, sizeLease } from '../src/budget/lease.js';
import { countToCome } from '../src/budget/remaining.js';
import { getSweep } from '../src/store/reader.js';
import { readBudget } from '../src/store/steering.js';
import { countTrials } from '../src/store/trials.js';
import { readUsage, type Usage } from '../src/store/usage.js';
import type { TrialKind, TrialLease } from './contracts.js';
import type { Turn } from './turn.js';

/** Why a trial was not handed out. */
export interface Refusal {
  readonly kind: TrialKind;
  readonly cap: Cap;
  /** Of what the cap counts. */
  readonly leftSeconds: number;
  /** What such a trial needs at least; undefined: nothing is known of it. */
  readonly neededSeconds?: number | undefined;
}

/** With less than this nothing is begun, whatever it is expected to take. */
const leastSeconds = 1;

/**
 * Sets aside for one trial after the other: what is spent, what open leases hold and what was given
 * out here never exceed a cap together. Reads the ledger once, when it is made.
 */
export class Purse {
  readonly caps: Caps;
  /** The first refusal of each kind. */
  readonly refusals = new Map<TrialKind, Refusal>();
  readonly #usage: Usage | undefined;
  readonly #waiting: Record<TrialKind, number>;
  readonly #toCome: Readonly<Record<TrialKind, number>>;
  readonly #expected = new Map<TrialKind, { readonly gpu?: number; readonly wall?: number }>();
  readonly #worst: number;
  /** Of the wall clock. */
  readonly #leftSeconds: number;
  readonly #slots: number;
  #available: number;
  #wanted: number;

  /** @param want trials that could start now */
  constructor(turn: Turn, want: number) {
    const { db, sweep, spec } = turn;
    const { mergeMinutes, evaluateMinutes, attempts } = limitsOf(turn);
    this.caps = readCaps(spec.file.budget);
    this.#wanted = want;
    this.#worst = attempts * (mergeMinutes + evaluateMinutes) * 60;
    const none = { baseline: 0, search: 0, promotion: 0, confirm: 0 };
    [this.#waiting, this.#toCome] = [{ ...none }, none];
    [this.#available, this.#leftSeconds, this.#slots] = [Infinity, Infinity, 1];
    if (this.isOpen) return;
    const usage = readUsage(db, sweep, this.#worst);
    const row = getSweep(db, sweep);
    this.#usage = usage;
    this.#waiting = { ...usage.waiting };
    const { gpu, wallClock } = this.caps;
    if (gpu !== undefined)
      this.#available = gpu.seconds - usage.spentGpuSeconds - usage.leasedGpuSeconds;
    if (wallClock !== undefined)
      this.#leftSeconds = wallClock.seconds - secondsBetween(row?.createdAt, turn.at);
    this.#slots = Math.max(1, usage.inFlight + want);
    this.#toCome = countToCome(spec.file, {
      proposed: Object.fromEntries(
        trialKinds.map((kind) => [kind, countTrials(db, sweep, kind)]),
      ) as Record<TrialKind, number>,
      maxTrials: readBudget(db, sweep),
      isSearchOver: row?.searchEnded !== undefined,
    });
    for (const kind of trialKinds) {
      const gpu = expectCost(kind, usage.gpuSeconds, row?.estimate, 'gpuSeconds');
      const wall = expectCost(kind, usage.seconds, row?.estimate, 'seconds');
      this.#expected.set(kind, {
        ...(gpu !== undefined && { gpu }),
        ...(wall !== undefined && { wall }),
      });
    }
  }

  /** There is no cap: everything fits. */
  get isOpen(): boolean {
    return this.caps.gpu === undefined && this.caps.wallClock === undefined;
  }

  /** What the sweep has used up; undefined without a cap. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** The lease of a trial of the kind, `{}` without a cap; undefined where it does not fit. */
  take(kind: TrialKind): TrialLease | undefined {
    if (this.isOpen) return {};
    const isNew = kind === 'search' && this.#waiting.search === 0;
    const gpuSeconds = this.#sizeGpu(kind);
    const wallSeconds = this.#sizeWall(kind);
    if (gpuSeconds === undefined || wallSeconds === undefined) return undefined;
    this.#available -= gpuSeconds;
    this.#wanted -= 1;
    if (!isNew) this.#waiting[kind] -= 1;
    return {
      ...(gpuSeconds < Infinity && { gpuSeconds }),
      ...(wallSeconds < Infinity && { wallSeconds }),
    };
  }

  #sizeGpu(kind: TrialKind): number | undefined {
    const { gpu: cap } = this.caps;
    if (cap === undefined) return Infinity;
    const least = this.#leastOf(kind, 'gpu');
    // A search trial leaves what must run; one that must run leaves that to others if it can.
    // Before anything was measured estimates are too rough to keep trials short by.
    const isMeasured = Object.keys(this.#usage?.gpuSeconds ?? {}).length > 0;
    const free = this.#available - (isMeasured ? this.#reserve(kind, 'gpu') : 0);
    const available = kind === 'search' ? free : Math.max(free, Math.min(this.#available, least));
    const sharers = Math.max(
      1,
      this.#wanted,
      kind !== 'search' && isMeasured ? this.#mustRun() : 1,
    );
    const lease = sizeLease({ available, sharers, worst: this.#worst, least });
    if (lease === undefined) this.#refuse(kind, cap, available, 'gpu');
    return lease;
  }

  #sizeWall(kind: TrialKind): number | undefined {
    const { wallClock: cap } = this.caps;
    if (cap === undefined) return Infinity;
    const reserve = kind === 'search' ? this.#reserve(kind, 'wall') / this.#slots : 0;
    const left = this.#leftSeconds - reserve;
    if (left >= this.#leastOf(kind, 'wall')) return left;
    this.#refuse(kind, cap, left, 'wall');
    return undefined;
  }

  #leastOf(kind: TrialKind, what: 'gpu' | 'wall'): number {
    const factor = kind === 'search' ? leastSearchFactor : reserveFactor;
    return Math.max(leastSeconds, factor * (this.#expected.get(kind)?.[what] ?? 0));
  }

  /** For all that must run, this trial left out. */
  #reserve(own: TrialKind, what: 'gpu' | 'wall'): number {
    let sum = 0;
    for (const kind of trialKinds) {
      if (kind === 'search') continue;
      const waiting = this.#waiting[kind] - (kind === own ? 1 : 0);
      const count = Math.max(0, waiting) + this.#toCome[kind];
      sum += count * reserveFactor * (this.#expected.get(kind)?.[what] ?? 0);
    }
    return sum;
  }

  #mustRun(): number {
    const { baseline, promotion, confirm } = this.#waiting;
    return baseline + promotion + confirm;
  }

  #refuse(kind: TrialKind, cap: Cap, left: number, what: 'gpu' | 'wall'): void {
    if (this.refusals.has(kind)) return;
    const expected = this.#expected.get(kind)?.[what];
    this.refusals.set(kind, {
      ...{ kind, cap, leftSeconds: Math.max(0, left) },
      ...(expected !== undefined && { neededSeconds: this.#leastOf(kind, what) }),
    });
  }
}

function limitsOf({ spec }: Turn) {
  const { merge_minutes, evaluate_minutes, attempts } = spec.file.limits;
  return { mergeMinutes: merge_minutes, evaluateMinutes: evaluate_minutes, attempts };
}

/** 0 where a clock was set back. */
export function secondsBetween(from: string | undefined, to: string): number {
  const ms = from === undefined ? 0 : Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) ? Math.max(0, ms / 1000) : 0;
}
