/** What a new holder takes over from the edited file before anything runs. */
import { adoptSpec } from '../../activities/adopt-spec.js';
import { openLedger } from '../store/ledger.js';
import { getSweep } from '../store/reader.js';
import type { RunSweepOrder } from './run-sweep.js';

/**
 * The sweep's workflow may have outlived the holder before us, and began with the text of then: it would
 * not ask. The caller holds the writer's lock.
 */
export function adoptEdits({ config, target, options }: RunSweepOrder): void {
  const ledger = openLedger(config.resultsDir, { mode: 'write', adopt: options.adopt === true });
  try {
    ledger.transact((db) => {
      const row = getSweep(db, target.spec.name);
      if (row === undefined) return;
      const { specText, specPath } = target;
      const at = new Date().toISOString();
      adoptSpec(db, row, { ledgerId: ledger.ledgerId, specText, specPath, at });
    });
  } finally {
    ledger.close();
  }
}
