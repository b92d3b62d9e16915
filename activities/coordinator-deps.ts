import { LedgerError } from '../src/errors.js';
import type { Ledger } from '../src/store/ledger.js';

export interface CoordinatorDeps {
  readonly ledger: Ledger;
  /** Absolute: where `<sweep>/best_config.yaml` and its neighbours go. */
  readonly resultsDir: string;
  /** For display only: nothing that is computed depends on it. */
  readonly clock: { now(): Date };
  /** Recorded in `sweep.lock.json`, e.g. `{mergesweep: '0.1.0'}`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Hears what went wrong beside the ledger and is made good later. @default silence */
  readonly warn?: (message: string) => void;
}

/** @throws LedgerError `ledger_other` when the request is meant for another ledger */
export function requireLedger({ ledger }: CoordinatorDeps, ledgerId: string): void {
  if (ledger.ledgerId === ledgerId) return;
  throw new LedgerError(
    'ledger_other',
    `this coordinator writes the ledger ${ledger.ledgerId} (${ledger.path}), ` +
      `the request is for ${ledgerId}: run the sweep from its own results folder`,
  );
}
