import { StageFailedError, type TrialFailure } from '../src/errors.js';
import type { TrialLease } from './contracts.js';
import type { HeldSeconds } from './held-seconds.js';

/** Later ones fire at once in Node: it looks again then. */
const longestTimerMs = 2 ** 31 - 1;

export interface LeaseUse {
  /** Of this attempt. */
  readonly cards: HeldSeconds;
  /** Card-seconds of the attempts before. */
  readonly earlierGpuSeconds: number;
  /** From the first attempt's start to this one's. */
  readonly earlierWallSeconds: number;
  /** Monotonic, ms. @default performance.now */
  readonly now?: () => number;
}

/** Ends an attempt when it, with those before, has used up what was set aside for the trial. */
export class LeaseGuard {
  /** Aborts with a StageFailedError of class `budget`. */
  readonly signal: AbortSignal;
  private readonly lease: TrialLease;
  private readonly use: LeaseUse;
  private readonly abort = new AbortController();
  private readonly now: () => number;
  private readonly startedAt: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(lease: TrialLease, use: LeaseUse) {
    this.lease = lease;
    this.use = use;
    this.signal = this.abort.signal;
    this.now = use.now ?? (() => performance.now());
    this.startedAt = this.now();
    use.cards.onChange = () => {
      this.schedule();
    };
    // What is used up before it has begun is for `requireLeft`: its result may lie there.
    if (this.leftMs() > 0) this.schedule();
  }

  /** @throws StageFailedError `budget` when nothing is left to begin with */
  requireLeft(): void {
    if (this.leftMs() <= 0) this.end();
    this.signal.throwIfAborted();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.use.cards.onChange = () => undefined;
  }

  private get gpuSeconds(): number {
    return this.use.earlierGpuSeconds + this.use.cards.total;
  }

  private get wallSeconds(): number {
    return this.use.earlierWallSeconds + (this.now() - this.startedAt) / 1000;
  }

  private leftMs(): number {
    const { gpuSeconds = Infinity, wallSeconds = Infinity } = this.lease;
    const { rate } = this.use.cards;
    const cards = gpuSeconds - this.gpuSeconds;
    // Nothing is used while no card is held; what is used up, is.
    const ofCards = cards <= 0 ? 0 : rate === 0 ? Infinity : cards / rate;
    return 1000 * Math.min(ofCards, wallSeconds - this.wallSeconds);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const left = this.leftMs();
    if (left <= 0) this.end();
    else if (left < Infinity)
      this.timer = setTimeout(
        () => {
          this.schedule();
        },
        Math.min(longestTimerMs, Math.ceil(left)),
      ).unref();
  }

  private end(): void {
    this.abort.abort(new StageFailedError('budget', this.describe()));
  }

  private describe(): string {
    const { gpuSeconds, wallSeconds } = this.lease;
    const isOfCards = gpuSeconds !== undefined && this.gpuSeconds >= gpuSeconds;
    const [share, used, before, key] = isOfCards
      ? ([gpuSeconds, this.gpuSeconds, this.use.earlierGpuSeconds, 'gpu_hours or usd'] as const)
      : ([wallSeconds, this.wallSeconds, this.use.earlierWallSeconds, 'wall_clock_hours'] as const);
    const unit = isOfCards ? 'card-seconds' : 'seconds';
    const earlier = before > 0 ? `, ${toSeconds(before)} of them for attempts before` : '';
    return (
      `Expected the trial to end within its share of the sweep's budget, ${toSeconds(share ?? 0)} ${unit}, ` +
      `got none of it left after ${toSeconds(used)}${earlier}: ` +
      `raise budget.${key} in the sweep file, or see in its log what took so long.`
    );
  }
}

/** Card-seconds of attempts that have ended. */
export function sumGpuSeconds(failures: readonly TrialFailure[]): number {
  return failures.reduce((sum, { gpuSeconds = 0 }) => sum + gpuSeconds, 0);
}

const toSeconds = (seconds: number): string => String(Math.round(seconds * 10) / 10);
