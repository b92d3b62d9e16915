/** What a coordinator does to its sweeps, for its log and its metrics. */
import type {
  CoordinatorActivities,
  TellAskInput,
  TellAskReply,
} from '../../activities/contracts.js';
import { readCaps } from '../budget/caps.js';
import { selectBest } from '../scoring/select-best.js';
import type { SweepFile } from '../spec/schema.js';
import type { Ledger } from '../store/ledger.js';
import { getSweep } from '../store/reader.js';
import type { SweepRow } from '../store/rows.js';
import { listStandings } from '../store/standings.js';
import { readUsage } from '../store/usage.js';
import type { Log } from './json-log.js';
import type { Metrics } from './metrics.js';
import type { Observer } from './observer.js';

/** The ledger with its transactions timed, where anybody wants to know. */
export function timeCommits(ledger: Ledger, { metrics }: Observer): Ledger {
  if (metrics === undefined) return ledger;
  return {
    ...ledger,
    transact: (work) => {
      const start = performance.now();
      const result = ledger.transact(work);
      metrics.record('ledger_commit_seconds', (performance.now() - start) / 1000, {});
      return result;
    },
  };
}

/** The activities, watched; the same ones where nobody wants to know. */
export function observeCoordinator(
  activities: CoordinatorActivities,
  ledger: Ledger,
  { log, metrics }: Observer,
): CoordinatorActivities {
  if (log === undefined && metrics === undefined) return activities;
  return {
    ...activities,
    openSweep: async (input) => {
      const reply = await activities.openSweep(input);
      const { sweep } = input;
      if (input.isReconciling !== true)
        log?.({ level: 'info', event: 'sweep_opened', sweep, pending: reply.pending.length });
      if (metrics !== undefined) measureSweep(metrics, ledger, sweep);
      return reply;
    },
    tellAsk: async (input) => {
      const start = performance.now();
      const reply = await activities.tellAsk(input);
      const { sweep } = input;
      if (metrics !== undefined) {
        metrics.record('tell_ask_seconds', (performance.now() - start) / 1000, { sweep });
        measureSweep(metrics, ledger, sweep);
      }
      if (log !== undefined) logTurn(log, input, reply);
      return reply;
    },
    finishSweep: async (input) => {
      const summary = await activities.finishSweep(input);
      log?.({ level: 'info', event: 'sweep_ended', ...summary });
      if (metrics !== undefined) measureSweep(metrics, ledger, input.sweep);
      return summary;
    },
  };
}

/** Outcomes as they came: the ledger may have had another one before. */
function logTurn(log: Log, { sweep, outcomes }: TellAskInput, { trials, summary }: TellAskReply) {
  for (const outcome of outcomes) {
    const { trial, status } = outcome;
    const node = outcome.status === 'complete' ? outcome.result.node : undefined;
    const failure = outcome.status === 'failed' ? outcome.failure : undefined;
    log({
      ...{ level: failure === undefined ? 'info' : 'warn', event: 'outcome_taken' },
      ...{ sweep, trial, status, node: node ?? failure?.node },
      ...(failure === undefined ? {} : { class: failure.class, reason: failure.reason }),
      summary,
    });
  }
  for (const { trial, kind } of trials)
    log({ level: 'info', event: 'trial_handed_out', sweep, trial, kind });
}

const states = ['proposed', 'complete', 'failed', 'cancelled'] as const;

function measureSweep(metrics: Metrics, ledger: Ledger, sweep: string): void {
  const { standings, row, spent } = ledger.transact((db) => ({
    standings: listStandings(db, sweep),
    row: getSweep(db, sweep),
    spent: readUsage(db, sweep, 0).spentGpuSeconds,
  }));
  const search = standings.filter(({ kind }) => kind === 'search');
  for (const state of states) {
    const count = search.filter((trial) => trial.state === state).length;
    metrics.record('sweep_trials', count, { sweep, state });
  }
  const best = selectBest(standings)?.fitness;
  if (best !== undefined) metrics.record('best_score', best, { sweep });
  if (row === undefined) return;
  metrics.record('budget_used_ratio', search.length / row.maxTrials, { sweep, cap: 'trials' });
  const { gpu, wallClock } = readCaps(readBudget(row));
  if (gpu !== undefined)
    metrics.record('budget_used_ratio', spent / gpu.seconds, { sweep, cap: 'gpu' });
  if (wallClock !== undefined) {
    const seconds = (Date.now() - Date.parse(row.createdAt)) / 1000;
    metrics.record('budget_used_ratio', seconds / wallClock.seconds, { sweep, cap: 'wall_clock' });
  }
}

/** Of sweeps of versions that pinned no spec: none. */
function readBudget({ pinnedSpec }: SweepRow): SweepFile['budget'] {
  const file = JSON.parse(pinnedSpec ?? '{}') as Partial<SweepFile>;
  return file.budget ?? {};
}
