/** A ledger with many trials, by the product's own activities, without a node. */
import { join } from 'node:path';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { complete } from '../../activities/coordinator.fixture.js';
import type { TrialOutcome } from '../../activities/contracts.js';
import { openLedger } from '../../src/store/ledger.js';

export interface SweepToFill {
  readonly name: string;
  readonly specText: string;
  readonly specPath: string;
  /** Search trials that end in it. */
  readonly trials: number;
}

const batch = 100;

export async function fillLedger(
  resultsDir: string,
  sweeps: readonly SweepToFill[],
  onSweep: (count: number) => void,
): Promise<void> {
  const ledger = openLedger(resultsDir, { mode: 'write' });
  const { ledgerId } = ledger;
  const activities = createCoordinatorActivities({
    ledger,
    // Twenty thousand small files beside the ledger would tell nothing of its opening.
    resultsDir: join(resultsDir, 'ledger.sqlite', 'nowhere'),
    clock: { now: () => new Date() },
  });
  try {
    for (const [index, { name, specText, specPath, trials }] of sweeps.entries()) {
      const named = { ledgerId, sweep: name };
      const opened = await activities.openSweep({ ...named, specText, specPath });
      let requestId = opened.nextRequestId;
      let outcomes: TrialOutcome[] = [];
      let search = 0;
      for (;;) {
        const want = Math.min(batch, trials - search + 5);
        const reply = await activities.tellAsk({ ...named, requestId, outcomes, want });
        requestId += 1;
        search += reply.trials.filter(({ kind }) => kind === 'search').length;
        if (reply.trials.length === 0) break;
        outcomes = reply.trials.map((trial) => complete(trial));
        if (search < trials) continue;
        const last = { ...named, requestId, outcomes, want: 0 };
        const { state } = await activities.tellAsk(last);
        if (state === 'finished') await activities.finishSweep(named);
        break;
      }
      onSweep(index + 1);
    }
  } finally {
    ledger.close();
  }
}
