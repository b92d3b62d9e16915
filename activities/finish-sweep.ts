import { selectBest } from '../src/scoring/select-best.js';
import { countTrials } from '../src/store/trials.js';
import { getSweep } from '../src/store/reader.js';
import { setSweepState } from '../src/store/sweeps.js';
import type { FinishSweepInput, SweepSummary } from './contracts.js';
import { type CoordinatorDeps, requireLedger } from './coordinator-deps.js';
import { writeBestConfig } from './sweep-files.js';
import type { SweepSessions } from './sweep-session.js';

/** Records that the sweep's workflow ends here, finished or paused, and writes `best_config.yaml`. */
export function finishSweep(
  deps: CoordinatorDeps,
  sessions: SweepSessions,
  { ledgerId, sweep, pause }: FinishSweepInput,
): SweepSummary {
  const { ledger } = deps;
  requireLedger(deps, ledgerId);
  sessions.get(sweep);
  const summary = ledger.transact((db): SweepSummary => {
    // A sweep that paused itself keeps its own reason.
    if (pause !== undefined && getSweep(db, sweep)?.state === 'running') {
      setSweepState(db, sweep, 'paused', { reason: pause });
    }
    const row = getSweep(db, sweep);
    const best = selectBest(ledger.listTrials(sweep));
    return {
      sweep,
      state: row?.state ?? 'running',
      ...(row?.reason !== undefined && { reason: row.reason }),
      trialsProposed: countTrials(db, sweep, 'search'),
      ...(best !== undefined && { bestTrial: best.trial }),
    };
  });
  writeBestConfig(deps, sweep);
  sessions.drop(sweep);
  return summary;
}
