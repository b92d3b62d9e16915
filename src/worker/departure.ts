/** How a node leaves: what it ran is free for others at once, though its processes take seconds to die. */
import type { RunTrialResult, TrialUse } from '../../activities/contracts.js';
import { handedBack } from '../../activities/taken-trials.js';

export class Departure {
  private why: string | undefined;
  private readonly running = new Map<Promise<unknown>, (why: string) => void>();

  get hasGone(): boolean {
    return this.why !== undefined;
  }

  /** Settles as `work` does, or as handed back, with what it has used up, once the node goes. */
  during(
    trial: string,
    work: Promise<RunTrialResult>,
    countUse: () => TrialUse | undefined = () => undefined,
  ): Promise<RunTrialResult> {
    return new Promise((resolve, reject) => {
      const giveBack = (why: string): void => {
        reject(handedBack(trial, why, countUse()));
      };
      if (this.why !== undefined) giveBack(this.why);
      this.running.set(work, giveBack);
      void work.then(resolve, reject).finally(() => this.running.delete(work));
    });
  }

  go(why: string): void {
    this.why ??= why;
    for (const giveBack of this.running.values()) giveBack(why);
  }

  /** Resolves when nothing that ran here goes on. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.running.keys());
  }
}
