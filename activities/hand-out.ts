import { chooseFinalists } from '../src/scoring/choose-finalists.js';
import { getSweep, getTrial } from '../src/store/reader.js';
import type { TrialRow } from '../src/store/rows.js';
import { listStandings } from '../src/store/standings.js';
import { readBudget } from '../src/store/steering.js';
import { countTrials, listProposed, markHandedOut } from '../src/store/trials.js';
import type { DocumentShare } from '../src/evaluation/document-share.js';
import type { RunTrialInput, TrialLease } from './contracts.js';
import { endByCap, noteNearCap } from './end-by-cap.js';
import { findFirstRung, promoteLeaders } from './promotions.js';
import { withPinnedParents } from './pinned-parents.js';
import { propose } from './propose.js';
import { Purse } from './purse.js';
import { happen, type Turn } from './turn.js';

/**
 * Hands out at most `want` trials: what waits (baselines, trials that go on after a pause), then
 * candidates until the budget is proposed, then, once those have ended, the confirmations. Under a cap
 * each gets its lease; where nothing runs and nothing fits, the search ends or the sweep pauses.
 */
export function handOut(turn: Turn, want: number): RunTrialInput[] {
  for (;;) {
    planLastPromotions(turn);
    planConfirmations(turn);
    const purse = new Purse(turn, want);
    noteNearCap(turn, purse);
    const trials = handOutFrom(purse, turn, want);
    if (trials.length > 0 || !isStuck(turn, purse) || !endByCap(turn, purse))
      return withPinnedParents(turn.db, turn.sweep, trials);
  }
}

function handOutFrom(purse: Purse, turn: Turn, want: number): RunTrialInput[] {
  const { db, sweep, at } = turn;
  const trials: RunTrialInput[] = [];
  const give = (input: RunTrialInput, lease: TrialLease): void => {
    const isCapped = Object.keys(lease).length > 0;
    markHandedOut(db, sweep, input.trial, { at, ...(isCapped && { lease }) });
    trials.push(isCapped ? { ...input, lease } : input);
  };
  for (const { input } of listProposed(db, sweep, false)) {
    if (trials.length >= want) break;
    const lease = purse.take(input.kind);
    if (lease !== undefined) give(input, lease);
  }
  const documents = findFirstRung(turn);
  while (documents !== 'wait' && trials.length < want && !isSearchOver(turn)) {
    const lease = purse.take('search');
    if (lease === undefined) break;
    give(proposeCandidate(turn, documents), lease);
  }
  return trials;
}

/** Something does not fit, and no lease is open of which a part may come back. */
function isStuck({ db, sweep }: Turn, { refusals }: Purse): boolean {
  return refusals.size > 0 && listProposed(db, sweep, true).length === 0;
}

/**
 * What is left once nothing is to be handed out or waited for: `finished`, or trials that were
 * `cancelled` and go on when the sweep is run again. Ask after `handOut`.
 */
export function findEnd(turn: Turn): 'finished' | 'cancelled' | undefined {
  const { db, sweep } = turn;
  if (!isSearchOver(turn)) return undefined;
  const trials = listStandings(db, sweep);
  if (trials.some(({ state }) => state === 'proposed')) return undefined;
  return trials.some(({ state }) => state === 'cancelled') ? 'cancelled' : 'finished';
}

/** Why no candidate can be handed out at all; ask after `handOut`. */
export function findStandstill(turn: Turn): string | undefined {
  if (findFirstRung(turn) !== 'wait') return undefined;
  const isWaiting = listStandings(turn.db, turn.sweep).some(({ state }) => state === 'proposed');
  if (isWaiting) return undefined;
  return (
    'no baseline was scored, and the rungs of fidelity need one to know the documents: ' +
    'see why with `mergesweep trials --kind baseline`, or set fidelity.strategy to off'
  );
}

function proposeCandidate(turn: Turn, documents: DocumentShare | undefined): RunTrialInput {
  const { db, sweep } = turn;
  const trial = String(countTrials(db, sweep, 'search') + 1);
  const candidate = happen(turn, { kind: 'ask', trial });
  if (candidate === undefined) throw new Error(`the sampler gave no candidate for trial ${trial}`);
  const rung = documents === undefined ? {} : { documents, rung: documents.rung };
  return propose(turn, { trial, kind: 'search', ...candidate, ...rung });
}

/** When the search has ended, its leaders are scored on all documents, before any is confirmed. */
function planLastPromotions(turn: Turn): void {
  const { db, sweep } = turn;
  if (!isSearchOver(turn)) return;
  const isOpen = listStandings(db, sweep).some(
    ({ kind, state }) => kind === 'confirm' || state === 'proposed' || state === 'cancelled',
  );
  if (!isOpen) promoteLeaders(turn);
}

/**
 * Held-out documents are looked at once: by the finalists, of which the best there is handed over, and
 * by all that it is compared with.
 */
function planConfirmations(turn: Turn): void {
  const { db, sweep, spec } = turn;
  if (spec.file.tasks.confirm.length === 0) return;
  if (!isSearchOver(turn)) return;
  const trials = listStandings(db, sweep);
  const isUnderWay = trials.some(
    ({ kind, state }) => kind === 'confirm' || state === 'proposed' || state === 'cancelled',
  );
  if (isUnderWay) return;
  const finalists = chooseFinalists(
    trials,
    turn.sampler.finalists(),
    spec.file.optimizer.finalists,
  );
  if (finalists.length === 0) return;
  const baselines = trials.filter(({ kind, state }) => kind === 'baseline' && state === 'complete');
  [...finalists, ...baselines].forEach((standing, index) => {
    const confirmed = getTrial(db, sweep, standing.trial);
    if (confirmed === undefined) return;
    propose(turn, {
      trial: `c${index + 1}`,
      kind: 'confirm',
      confirms: confirmed.trial,
      ...labelAndParams(confirmed),
    });
  });
}

function labelAndParams({ label, params }: TrialRow): Partial<TrialRow> {
  return { ...(label !== undefined && { label }), ...(params !== undefined && { params }) };
}

/** There are no more candidates: all are proposed, or a cap has ended the search. */
function isSearchOver({ db, sweep }: Turn): boolean {
  return (
    countTrials(db, sweep, 'search') >= readBudget(db, sweep) ||
    getSweep(db, sweep)?.searchEnded !== undefined
  );
}
