/** A sweep that an order of the user is carried out on, and what all orders share. */
import { UsageError } from '../src/errors.js';
import type { Connection } from '../src/store/connection.js';
import type { SweepRow } from '../src/store/rows.js';
import { setSweepState } from '../src/store/sweeps.js';

/** What an order came to, for the journal and for the user. */
export interface Steered {
  /** One sentence. */
  readonly message: string;
  readonly [detail: string]: unknown;
}

export interface SteeredSweep {
  readonly db: Connection;
  readonly ledgerId: string;
  readonly row: SweepRow;
  readonly at: string;
}

/** A finished sweep that has something to do again waits to be run. */
export function reopen({ db, row }: SteeredSweep, reason: string): void {
  if (row.state === 'finished') setSweepState(db, row.name, 'paused', { reason });
}

export const refused = (reason: string): UsageError => new UsageError('steer_refused', reason);
