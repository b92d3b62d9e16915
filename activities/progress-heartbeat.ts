import type { TrialFailure, TrialStage } from '../src/errors.js';
import type { TrialProgress } from './contracts.js';
import { sumGpuSeconds } from './lease-guard.js';

const longestTickMs = 5000;
const shortestPauseMs = 1000;

export interface HeartbeatOptions {
  /** Silence for so long counts as death; 0: never. @default never */
  readonly timeoutMs?: number | undefined;
  readonly now?: () => number;
  /** How the attempts before ended. */
  readonly failures?: readonly TrialFailure[];
  /** Card-seconds held since this heartbeat began. @default none */
  readonly countGpuSeconds?: () => number;
}

/** They travel with every heartbeat: older ones are dropped, long texts cut. */
const mostFailures = 10;
const longestReason = 500;
const longestTail = 600;

/**
 * Sends where a trial is: at once when its stage changes, at most once a second when the percentage
 * does, and every 5 s in any case (or thrice within the time-out), so that Temporal knows the node lives.
 */
export class ProgressHeartbeat {
  stage: TrialStage = 'queued';
  /** It has left the queue once: what was done would be lost elsewhere. */
  hasBegun = false;
  /** Where it is evaluated now. */
  slot: string | undefined;
  /** How the attempts so far ended, by time. */
  failures: readonly TrialFailure[];
  private hasEnded = false;
  private percent = 0;
  private activity: string | undefined;
  private sentAt = -Infinity;
  private readonly node: string;
  private readonly send: (progress: TrialProgress) => void;
  private readonly now: () => number;
  private readonly countGpuSeconds: () => number;
  /** Of those that the failures since tell. */
  private toldGpuSeconds = 0;
  private readonly ticker: NodeJS.Timeout;

  constructor(
    node: string,
    send: (progress: TrialProgress) => void,
    {
      timeoutMs = Infinity,
      now = () => performance.now(),
      failures = [],
      countGpuSeconds = () => 0,
    }: HeartbeatOptions = {},
  ) {
    this.node = node;
    this.send = send;
    this.now = now;
    this.failures = failures;
    this.countGpuSeconds = countGpuSeconds;
    this.ticker = setInterval(
      () => {
        this.beat();
      },
      Math.min(longestTickMs, timeoutMs > 0 ? timeoutMs / 3 : Infinity),
    );
    this.beat();
  }

  /** Card-seconds that no failure tells yet: those of the attempt that runs. */
  get gpuSeconds(): number {
    return Math.round((this.countGpuSeconds() - this.toldGpuSeconds) * 1000) / 1000;
  }

  enter(stage: TrialStage): void {
    this.stage = stage;
    this.hasBegun ||= stage !== 'queued';
    this.percent = 0;
    this.activity = undefined;
    this.beat();
  }

  report(progress: { readonly activity: string; readonly percent: number }): void {
    const isNew = progress.percent !== this.percent || progress.activity !== this.activity;
    this.percent = progress.percent;
    this.activity = progress.activity;
    if (isNew && this.now() - this.sentAt >= shortestPauseMs) this.beat();
  }

  /** An attempt within this one ended so, and another follows. */
  noteFailure(failure: TrialFailure): void {
    const { logTail, reason } = failure;
    const short = {
      ...failure,
      reason: reason.slice(0, longestReason),
      ...(logTail === undefined ? {} : { logTail: logTail.slice(-longestTail) }),
      isRetried: true,
    };
    this.failures = dropOldest([...this.failures, short]);
    this.toldGpuSeconds += failure.gpuSeconds ?? 0;
    this.beat();
  }

  /** This one ended so: what the next is told, wherever it runs. */
  noteEnd(failure: TrialFailure): void {
    this.hasEnded = true;
    this.noteFailure(failure);
  }

  stop(): void {
    clearInterval(this.ticker);
  }

  private beat(): void {
    this.sentAt = this.now();
    this.send({
      stage: this.stage,
      percent: this.percent,
      ...(this.activity === undefined ? {} : { activity: this.activity }),
      node: this.node,
      ...(this.slot === undefined ? {} : { slot: this.slot }),
      gpuSeconds: this.gpuSeconds,
      ...(this.failures.length === 0 ? {} : { failures: this.failures }),
      ...(this.hasEnded ? { hasEnded: true } : {}),
    });
  }
}

/** The last ones; the first of them tells the card-seconds of those that are dropped, too. */
function dropOldest(failures: readonly TrialFailure[]): readonly TrialFailure[] {
  const [first, ...kept] = failures.slice(-mostFailures);
  const dropped = failures.slice(0, -mostFailures);
  if (first === undefined || dropped.length === 0) return failures;
  return [{ ...first, gpuSeconds: sumGpuSeconds([...dropped, first]) }, ...kept];
}
