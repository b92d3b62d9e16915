import type { TrialStage } from '../src/errors.js';
import type { TrialProgress } from './contracts.js';

const longestTickMs = 5000;
const shortestPauseMs = 1000;

export interface HeartbeatOptions {
  /** Silence for so long counts as death; 0: never. @default never */
  readonly timeoutMs?: number | undefined;
  readonly now?: () => number;
}

/**
 * Sends where a trial is: at once when its stage changes, at most once a second when the percentage
 * does, and every 5 s in any case (or thrice within the time-out), so that Temporal knows the node lives.
 */
export class ProgressHeartbeat {
  stage: TrialStage = 'queued';
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
    { timeoutMs = Infinity, now = () => performance.now() }: HeartbeatOptions = {},
  ) {
    this.node = node;
    this.send = send;
    this.now = now;
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
    });
  }
}
