import type { TrialFailure, TrialStage } from '../src/errors.js';
import type { TrialProgress } from './contracts.js';

const longestTickMs = 5000;
const shortestPauseMs = 1000;

export interface HeartbeatOptions {
  /** Silence for so long counts as death; 0: never. @default never */
  readonly timeoutMs?: number | undefined;
  readonly now?: () => number;
  /** How the attempts before ended. */
  readonly failures?: readonly TrialFailure[];
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
  /** How the attempts so far ended, by time. */
  failures: readonly TrialFailure[];
  private hasEnded = false;
  private percent = 0;
  private activity: string | undefined;
  private sentAt = -Infinity;
  private readonly node: string;
  private readonly send: (progress: TrialProgress) => void;
  private readonly now: () => number;
  private readonly ticker: NodeJS.Timeout;

  constructor(
    node: string,
    send: (progress: TrialProgress) => void,
    { timeoutMs = Infinity, now = () => performance.now(), failures = [] }: HeartbeatOptions = {},
  ) {
    this.node = node;
    this.send = send;
    this.now = now;
    this.failures = failures;
    this.ticker = setInterval(
      () => {
        this.beat();
      },
      Math.min(longestTickMs, timeoutMs > 0 ? timeoutMs / 3 : Infinity),
    );
    this.beat();
  }

  enter(stage: TrialStage): void {
    this.stage = stage;
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
    this.failures = [...this.failures, short].slice(-mostFailures);
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
      ...(this.failures.length === 0 ? {} : { failures: this.failures }),
      ...(this.hasEnded ? { hasEnded: true } : {}),
    });
  }
}
