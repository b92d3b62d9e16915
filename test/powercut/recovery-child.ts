/**
 * Opens ledgers that a power cut left, under the recorder; every second is closed again.
 *
 *     recovery-child.ts RESULTS...
 */
import { openLedger } from '../../src/store/ledger.js';

for (const [index, resultsDir] of process.argv.slice(2).entries()) {
  const ledger = openLedger(resultsDir, { mode: 'write' });
  if (index % 2 === 0) ledger.close();
}
