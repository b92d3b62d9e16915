/** A share of a node: what runs in it sees these cards and no others. */
export interface Slot {
  readonly id: string;
  /** Become `CUDA_VISIBLE_DEVICES`. Absent or empty: a share of the CPU. */
  readonly cudaDevices?: readonly string[];
}

/**
 * How merges and evaluations share the cards of a node. `overlap`: the next trial merges beside the
 * evaluations, on the CPU or, with `merge.cuda`, on the last cards; `spare`: those cards are for merges
 * alone; `serial`: a trial merges and evaluates in its one slot, and nothing beside it.
 */
export type MergeStrategy = 'overlap' | 'spare' | 'serial';

export interface SlotOptions {
  /** Only a slot of the same cards will do: the model lies there. */
  readonly sharing?: Slot | undefined;
}

/** Slots that stages of trials take in turn, first come, first served. */
export interface SlotPool {
  readonly size: number;
  /** Slots that nothing runs in now, 0..size. */
  readonly free: number;
  /** Runs `work` in a free slot and gives it back, however that ends; rejects with the signal's reason. */
  run<T>(signal: AbortSignal, work: (slot: Slot) => Promise<T>, options?: SlotOptions): Promise<T>;
}

export function createSlotPool(slots: readonly Slot[]): SlotPool {
  const free = [...slots];
  const waiting: { fits: (slot: Slot) => boolean; take: (slot: Slot) => void }[] = [];

  const acquire = (signal: AbortSignal, { sharing }: SlotOptions): Promise<Slot> => {
    signal.throwIfAborted();
    const fits = (slot: Slot): boolean =>
      sharing === undefined || visibleCards(slot) === visibleCards(sharing);
    if (slots.length > 0 && !slots.some(fits))
      throw new Error('no slot of the pool has the cards that the model lies on');
    const index = free.findIndex(fits);
    const slot = free[index];
    if (slot !== undefined) {
      free.splice(index, 1);
      return Promise.resolve(slot);
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter = {
        fits,
        take: (given: Slot): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(given);
        },
      };
      waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  };
  const release = (slot: Slot): void => {
    const index = waiting.findIndex(({ fits }) => fits(slot));
    const next = waiting[index];
    // The latest first: what runs in it may still be warm.
    if (next === undefined) free.unshift(slot);
    else {
      waiting.splice(index, 1);
      next.take(slot);
    }
  };

  return {
    size: slots.length,
    get free() {
      return free.length;
    },
    run: async (signal, work, options = {}) => {
      const slot = await acquire(signal, options);
      try {
        return await work(slot);
      } finally {
        release(slot);
      }
    },
  };
}

/** As `CUDA_VISIBLE_DEVICES` takes it; empty for a share of the CPU. */
export function visibleCards({ cudaDevices = [] }: Slot): string {
  return cudaDevices.join(',');
}

/** What an hour of a slot counts: its cards, or 1 where it has none. */
export function countCards({ cudaDevices = [] }: Slot): number {
  return Math.max(1, cudaDevices.length);
}
