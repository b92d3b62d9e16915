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
  /** Whether it is finished with those, and confirmed. */
  readonly isWhole: boolean;
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
    for (const [index, { name, specText, specPath, trials, isWhole }] of sweeps.entries()) {
      const named = { ledgerId, sweep: name };
      const opened = await activities.openSweep({ ...named, specText, specPath });
      let requestId = opened.nextRequestId;
      let outcomes: TrialOutcome[] = [];
      for (;;) {
        const reply = await activities.tellAsk({ ...named, requestId, outcomes, want: batch });
        requestId += 1;
        outcomes = reply.trials.map((trial) => complete(trial));
        // One that has more trials to come is left in the middle of its search.
        if (reply.trials.some(({ trial }) => Number(trial) >= trials) && !isWhole) {
          await activities.tellAsk({ ...named, requestId, outcomes, want: 0 });
          break;
        }
        if (reply.state === 'finished') break;
        if (outcomes.length === 0) throw new Error(`${name} neither ended nor went on`);
      }
      onSweep(index + 1);
    }
  } finally {
    ledger.close();
  }
}
