/** A worker that runs until it is told to stop. */
import type { Worker } from '@temporalio/worker';

export interface RunningWorker {
  /** Takes no more work, cancels what runs, resolves when all is handed back. Twice is once. */
  stop(): Promise<void>;
  /** Rejects when the worker dies by itself, resolves when it was stopped. */
  readonly ended: Promise<void>;
}

/** Runs workers as one: they stop together. */
export function runWorkers(workers: readonly Worker[]): RunningWorker {
  const runs = workers.map((worker) => worker.run());
  const ended = Promise.all(runs).then(() => undefined);
  // Whoever awaits `ended` sees the error; nobody else should crash of it.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs);
    },
  };
}
