import { failureOwner } from '../src/errors.js';
import { rankSearchTrials } from '../src/scoring/select-best.js';
import { getTrial } from '../src/store/reader.js';
import type { TrialRow } from '../src/store/rows.js';
import { listStandings } from '../src/store/standings.js';
import { listKept, setKept } from '../src/store/trials.js';
import type { Acceptance } from './accept-outcome.js';
import type { ReleaseOrder, TrialId, TrialOutcome } from './contracts.js';
import type { Turn } from './turn.js';

/**
 * What becomes of the checkpoints of trials that ended: the best `keep_models` stay on their nodes,
 * those that they displace go, and so do all others, where a promotion waits for one when that has ended.
 */
export function orderReleases(
  turn: Turn,
  ended: readonly { readonly outcome: TrialOutcome; readonly acceptance: Acceptance }[],
): ReleaseOrder[] {
  const { db, sweep, spec } = turn;
  // By a promotion, which takes the checkpoint over.
  const isAwaited = (trial: TrialId): boolean =>
    listStandings(db, sweep).some(
      ({ promotes, state }) => promotes === trial && state === 'proposed',
    );
  const { keep_models: keepModels } = spec.file.storage;
  const leaders = keepModels === 0 ? [] : rankSearchTrials(listStandings(db, sweep));
  const kept = leaders
    .slice(0, keepModels)
    .flatMap(({ trial }) => getTrial(db, sweep, trial) ?? []);
  const orders: ReleaseOrder[] = [];
  for (const { outcome, acceptance } of ended) {
    const node = nodeOf(outcome);
    const { trial } = acceptance;
    if (trial?.input.subject.kind !== 'merge' || node === undefined) continue;
    const promoted = trial.promotes === undefined ? undefined : getTrial(db, sweep, trial.promotes);
    if (promoted?.node !== undefined && promoted.checkpointSha256 !== undefined)
      orders.push(order(promoted, promoted.node, false));
    if (wasOnlyInMemory(outcome)) continue;
    // A second completion may lie on another node than the one that counts.
    const keep = kept.some((row) => row.trial === trial.trial && row.node === node);
    orders.push(order(trial, node, keep));
  }
  for (const row of listKept(db, sweep)) {
    if (kept.some(({ trial }) => trial === row.trial) || row.node === undefined) continue;
    setKept(db, sweep, row.trial, false);
    if (row.checkpointSha256 === undefined) continue;
    orders.push(order(row, row.node, false));
  }
  for (const { trial } of kept) setKept(db, sweep, trial, true);
  // Equal work shares a folder: it stays while one of its trials is to be kept.
  return orders.filter(
    ({ trial, keep, node, workKey }) =>
      keep ||
      (!isAwaited(trial) &&
        !kept.some((row) => row.node === node && row.input.workKey === workKey)),
  );
}

function order({ trial, input }: TrialRow, node: string, keep: boolean): ReleaseOrder {
  return { trial, node, workKey: input.workKey, keep };
}

/** A release is an activity on the node: for every warm trial it would be a third of Temporal's work. */
function wasOnlyInMemory(outcome: TrialOutcome): boolean {
  return outcome.status === 'complete' && outcome.result.checkpoint === undefined;
}

/** Where the checkpoint of a final end lies; a trial that will run again keeps it. */
function nodeOf(outcome: TrialOutcome): string | undefined {
  switch (outcome.status) {
    case 'complete':
      return outcome.result.node;
    case 'failed':
      return failureOwner(outcome.failure.class) === 'sweep' ? undefined : outcome.failure.node;
    case 'cancelled':
      return undefined;
  }
}
