/** What `doctor` says of the ledger: every page, every row, every search made anew from its events. */
import { inspectLedger } from '../store/inspect-ledger.js';
import { describeOtherState } from '../../activities/check-search.js';
import { LedgerError } from '../errors.js';
import type { Finding } from './doctor-checks.js';

export function checkLedger(resultsDir: string): Finding {
  const fix =
    'nothing was changed: restore a copy of the folder, or build the ledger anew with `mergesweep recover`';
  try {
    const found = inspectLedger(resultsDir, describeOtherState);
    if (found === undefined) return { status: 'ok', text: 'none yet' };
    const { sweeps, links, wrong } = found;
    if (wrong.length > 0) return { status: 'missing', text: wrong.join('; '), fix };
    const noun = sweeps === 1 ? 'sweep' : 'sweeps';
    return {
      status: 'ok',
      text: `${sweeps} ${noun}, all ${links} accepted rows as they were written, every search made anew from its events`,
    };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    if (error.code === 'ledger_older') return { status: 'ok', text: error.message };
    return { status: 'missing', text: error.message, fix };
  }
}
