/** A share of a node: `cudaDevice` becomes `CUDA_VISIBLE_DEVICES` of what runs in it. */
export interface Slot {
  readonly id: string;
  readonly cudaDevice?: string;
}

/** Slots that stages of trials take in turn, first come, first served. */
export interface SlotPool {
  readonly size: number;
  /** Runs `work` in a free slot and gives it back, however that ends; rejects with the signal's reason. */
  run<T>(signal: AbortSignal, work: (slot: Slot) => Promise<T>): Promise<T>;
}

export function createSlotPool(slots: readonly Slot[]): SlotPool {
  const free = [...slots];
  const waiting: ((slot: Slot) => void)[] = [];

  const acquire = (signal: AbortSignal): Promise<Slot> => {
    signal.throwIfAborted();
    const slot = free.shift();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(take), 1);
        reject(signal.reason as Error);
      };
      const take = (given: Slot): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(given);
      };
      waiting.push(take);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  };
  const release = (slot: Slot): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
  };

  return {
    size: slots.length,
    run: async (signal, work) => {
      const slot = await acquire(signal);
      try {
        return await work(slot);
      } finally {
        release(slot);
      }
    },
  };
}
