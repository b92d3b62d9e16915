import type { TrialStage } from '../src/errors.js';
import type { TrialProgress } from './contracts.js';

const tickMs = 5000;
const shortestPauseMs = 1000;

/**
 * Sends where a trial is: at once when its stage changes, at most once a second when the percentage
 * does, and every 5 s in any case, so that Temporal knows the node lives.
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
    now: () => number = () => performance.now(),
  ) {
    this.node = node;
    this.send = send;
    this.now = now;
    this.ticker = setInterval(() => {
      this.beat();
    }, tickMs);
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
