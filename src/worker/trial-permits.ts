/** When a node asks Temporal for another trial: as many as it has slots, and one to merge meanwhile. */
import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';

export interface TrialPermitOptions {
  /** Trials that are evaluated at once, ≥ 1. */
  readonly slots: number;
  /** Trials taken beyond them. */
  readonly prefetch: 0 | 1;
  /** Trials that the node takes at most now, as it stands. */
  readonly limit: () => number;
  /** Whether every slot has an evaluation in it: only then is the next merge worth having. */
  readonly areSlotsTaken: () => boolean;
  /** Whether another node could begin at once what is prefetched here; `unknown` while it is asked. */
  readonly isFreeElsewhere: () => boolean | 'unknown';
}

interface Permit extends SlotPermit {
  isUsed: boolean;
}

interface Waiter {
  readonly grant: (permit: Permit) => void;
}

/** What it waits for changes without a word: so often it is looked at. Costs microseconds. */
const lookEveryMs = 100;

/** Temporal's slot supplier for trials; those that come by the node's own queue are counted in by `during`. */
export class TrialPermits implements CustomSlotSupplier<ActivitySlotInfo> {
  readonly type = 'custom';
  private readonly options: TrialPermitOptions;
  private readonly permits = new Set<Permit>();
  private readonly waiting: Waiter[] = [];
  private others = 0;
  private timer: NodeJS.Timeout | undefined;
  private pausedUntil = 0;

  constructor(options: TrialPermitOptions) {
    this.options = options;
  }

  /** Trials on this node, however they came. */
  get taken(): number {
    return [...this.permits].filter(({ isUsed }) => isUsed).length + this.others;
  }

  /** Counts a trial that came without a permit. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.others += 1;
    try {
      return await work();
    } finally {
      this.others -= 1;
      this.grantAll();
    }
  }

  /** Asks for no trial meanwhile: what was handed back is for others. */
  pause(ms: number): void {
    this.pausedUntil = performance.now() + ms;
  }

  reserveSlot(_: unknown, signal: AbortSignal): Promise<SlotPermit> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        grant: (permit) => {
          signal.removeEventListener('abort', giveUp);
          resolve(permit);
        },
      };
      const giveUp = (): void => {
        const index = this.waiting.indexOf(waiter);
        if (index >= 0) this.waiting.splice(index, 1);
        this.watch();
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        giveUp();
        return;
      }
      signal.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(waiter);
      this.grantAll();
    });
  }

  /** Trials never come but by polling. */
  tryReserveSlot(): null {
    return null;
  }

  markSlotUsed({ permit }: { readonly permit: SlotPermit }): void {
    (permit as Permit).isUsed = true;
    this.grantAll();
  }

  releaseSlot({ permit }: { readonly permit: SlotPermit }): void {
    this.permits.delete(permit as Permit);
    this.grantAll();
  }

  private grantAll(): void {
    while (this.waiting.length > 0 && this.mayGrant()) {
      const permit: Permit = { isUsed: false };
      this.permits.add(permit);
      this.waiting.shift()?.grant(permit);
    }
    this.watch();
  }

  private mayGrant(): boolean {
    const { slots, prefetch, limit, areSlotsTaken, isFreeElsewhere } = this.options;
    const given = this.permits.size + this.others;
    if (given >= limit() || performance.now() < this.pausedUntil) return false;
    if (given < slots) return true;
    // Else the one that is asked for already is for a slot, too.
    const isPrefetch = given < slots + prefetch && this.taken >= slots;
    return isPrefetch && areSlotsTaken() && isFreeElsewhere() === false;
  }

  private watch(): void {
    if (this.waiting.length === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    } else
      this.timer ??= setInterval(() => {
        this.grantAll();
      }, lookEveryMs).unref();
  }
}
