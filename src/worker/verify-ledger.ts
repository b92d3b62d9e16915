/** Looks at a whole ledger while its sweeps go on. */
import type { Ledger } from '../store/ledger.js';

export interface Verification {
  /** Rejects with LedgerError `ledger_damaged` when something is not as it was written; else stays open. */
  readonly failed: Promise<never>;
  readonly stop: () => void;
}

/** A hundred links take a few milliseconds, and what the coordinator has to do comes first. */
const pauseMs = 20;
/** By then its sweeps are open again: of ten thousand trials the look takes a second and a half of the thread. */
export const firstPauseMs = 3_000;

export function verifyInBackground(ledger: Pick<Ledger, 'verify'>): Verification {
  const steps = ledger.verify();
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    const step = (): void => {
      try {
        if (steps.next().done !== true) timer = setTimeout(step, pauseMs).unref();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    timer = setTimeout(step, firstPauseMs).unref();
  });
  // Whoever awaits it sees the error; nobody else should crash of it.
  failed.catch(() => undefined);
  return {
    failed,
    stop: () => {
      clearTimeout(timer);
    },
  };
}
