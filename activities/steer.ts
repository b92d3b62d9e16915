import { failureOwner, LedgerError } from '../src/errors.js';
import { listPointProblems } from '../src/space/check-point.js';
import type { Params } from '../src/space/search-space.js';
import type { Connection } from '../src/store/connection.js';
import { addToJournal, listJournal } from '../src/store/journal.js';
import { storeSnapshot } from '../src/store/optimizer-log.js';
import { getSweep, getTrial } from '../src/store/reader.js';
import type { SweepRow } from '../src/store/rows.js';
import { listStandings } from '../src/store/standings.js';
import { countInjections, putBackInLine, setBudget, setHeld } from '../src/store/steering.js';
import { endStreak } from '../src/store/sweeps.js';
import { countTrials } from '../src/store/trials.js';
import { findMalformation } from '../workflows/check-order.js';
import type { Extension, SteerInput, SteerOrder, SteerReply, TrialId } from './contracts.js';
import { type CoordinatorDeps, requireLedger } from './coordinator-deps.js';
import type { SweepSession, SweepSessions } from './sweep-session.js';
import { raiseCaps } from './raise-caps.js';
import { refused, reopen, type Steered, type SteeredSweep } from './steered-sweep.js';
import { happen } from './turn.js';

/**
 * Carries out one order of the user and records it, in one transaction.
 *
 * @throws UsageError `steer_refused` where it makes no sense: nothing is changed then
 */
export function steer(
  deps: CoordinatorDeps,
  sessions: SweepSessions,
  input: SteerInput,
): SteerReply {
  const { ledger, clock } = deps;
  const { ledgerId, sweep, requestId, order } = input;
  requireLedger(deps, ledgerId);
  const malformation = findMalformation(order);
  if (malformation !== undefined) throw refused(malformation);
  // Only a candidate needs the optimizer, and to load it takes time.
  const session = order.kind === 'inject' ? sessions.get(sweep) : undefined;
  try {
    return ledger.transact((db) => {
      const at = clock.now().toISOString();
      const message =
        findMessage(db, sweep, requestId) ??
        carryOut({ db, ledgerId, row: find(db, sweep), at }, order, requestId, session);
      const { isHeld, state, reason } = find(db, sweep);
      return { message, isHeld, state, ...(reason !== undefined && { reason }) };
    });
  } catch (error) {
    // The sampler may be ahead of the ledger now.
    sessions.drop(sweep);
    throw error;
  } finally {
    // Its caps are part of what an open sweep knows.
    if (order.kind === 'extend') sessions.drop(sweep);
  }
}

function carryOut(
  sweep: SteeredSweep,
  order: SteerOrder,
  requestId: string,
  session: SweepSession | undefined,
): string {
  const { db, row, at } = sweep;
  const { message, ...detail } = act(sweep, order, session);
  addToJournal(db, row.name, { kind: order.kind, requestId, detail: { message, ...detail }, at });
  return message;
}

/** What was said when the same order came before. */
function findMessage(db: Connection, sweep: string, requestId: string): string | undefined {
  const entry = listJournal(db, sweep).find((known) => known.requestId === requestId);
  return entry === undefined ? undefined : String(entry.detail['message']);
}

function act(sweep: SteeredSweep, order: SteerOrder, session: SweepSession | undefined): Steered {
  switch (order.kind) {
    case 'pause':
      return pause(sweep);
    case 'resume':
      return resume(sweep);
    case 'stop':
    case 'cancel':
      return end(sweep, order.kind);
    case 'extend':
      return extend(sweep, order);
    case 'retry':
      return retry(sweep, order.trials);
    case 'inject':
      if (session === undefined) throw new Error('an injection needs the optimizer');
      return inject(sweep, order.params, session);
  }
}

function pause({ db, row }: SteeredSweep): Steered {
  const { name, isHeld, state } = row;
  if (state === 'finished') throw refused(`${name} is finished: there is nothing to hold`);
  if (isHeld) return { message: `${name} was held already.` };
  setHeld(db, name, true);
  return { message: `${name} is held: what runs goes on to its end, nothing more is handed out.` };
}

function resume({ db, row }: SteeredSweep): Steered {
  const { name, isHeld, state } = row;
  if (state === 'finished') {
    throw refused(`${name} is finished; \`mergesweep extend ${name} --trials N\` gives it more`);
  }
  if (!isHeld) return { message: `${name} was not held.` };
  setHeld(db, name, false);
  return { message: `${name} is not held any more: it hands out trials again.` };
}

/** The sweep's workflow does the rest. */
function end({ row }: SteeredSweep, kind: 'stop' | 'cancel'): Steered {
  const { name, state } = row;
  if (state !== 'running') return { message: `${name} does not run: it is ${state}.` };
  return kind === 'stop'
    ? { message: `${name} stops: what runs may end, nothing more is handed out.` }
    : { message: `${name} is cancelled: what runs is killed.` };
}

function extend(sweep: SteeredSweep, { trials, ...more }: Extension): Steered {
  const hasMoreCap = Object.values(more).some((value) => typeof value === 'number');
  const raised = hasMoreCap ? raiseCaps(sweep, more) : undefined;
  const added = trials === undefined ? undefined : addTrials(sweep, trials, raised !== undefined);
  const message = [raised?.message, added?.message].filter((part) => part !== undefined).join(' ');
  return { ...raised, ...added, message };
}

function addTrials(sweep: SteeredSweep, trials: number, isCapRaised: boolean): Steered {
  const { db, row } = sweep;
  refuseAfterConfirmation(sweep, 'more candidates');
  if (row.searchEnded !== undefined && !isCapRaised)
    throw refused(
      `${row.searchEnded}: that is to be raised first, with --gpu-hours, --usd or --wall-clock-hours`,
    );
  const maxTrials = row.maxTrials + trials;
  setBudget(db, row.name, maxTrials);
  reopen(sweep, `its budget was raised to ${maxTrials} trials`);
  return { message: `${row.name} may try ${trials} more: ${maxTrials} in all.`, trials, maxTrials };
}

function retry(sweep: SteeredSweep, named: readonly TrialId[] | undefined): Steered {
  const { db, row } = sweep;
  const trials = named === undefined ? listBlameless(sweep) : checkFailed(sweep, named);
  for (const trial of trials) putBackInLine(db, row.name, trial);
  // What made them fail is mended, says the user.
  endStreak(db, row.name);
  const list = trials.join(', ');
  const [subject, verb] = trials.length === 1 ? ['Trial', 'is'] : ['Trials', 'are'];
  reopen(sweep, `trials to run again: ${list}`);
  return { message: `${subject} ${list} of ${row.name} ${verb} in line again.`, trials };
}

/** @throws UsageError when one of them is not a failed trial, or comes too late */
function checkFailed(sweep: SteeredSweep, named: readonly TrialId[]): TrialId[] {
  const { db, row } = sweep;
  const trials = [...new Set(named)];
  for (const trial of trials) {
    const known = getTrial(db, row.name, trial);
    if (known === undefined) throw refused(`${row.name} has no trial ${trial}`);
    if (known.state === 'cancelled') {
      throw refused(
        `trial ${trial} was cancelled: it goes on by itself when the sweep is run again`,
      );
    }
    if (known.state !== 'failed') {
      throw refused(`trial ${trial} is ${known.state}; only failed trials are run again`);
    }
    if (known.kind !== 'confirm') refuseAfterConfirmation(sweep, `trial ${trial}`);
  }
  return trials;
}

/** Every trial that failed through no fault of its candidate. */
function listBlameless({ db, row }: SteeredSweep): TrialId[] {
  const standings = listStandings(db, row.name);
  const isConfirming = standings.some(({ kind }) => kind === 'confirm');
  const failed = standings.filter(
    ({ state, kind }) => state === 'failed' && (!isConfirming || kind === 'confirm'),
  );
  const trials = failed.flatMap(({ trial }) => {
    const failure = getTrial(db, row.name, trial)?.failure;
    return failure !== undefined && failureOwner(failure.class) === 'infrastructure' ? [trial] : [];
  });
  if (trials.length > 0) return trials;
  throw refused(
    `${row.name} has no failed trial for which infrastructure is to blame` +
      (failed.length === 0
        ? ''
        : `; those that failed otherwise run again when they are named: ${failed.map(({ trial }) => trial).join(', ')}`),
  );
}

function inject(sweep: SteeredSweep, params: Params, session: SweepSession): Steered {
  const { db, ledgerId, row, at } = sweep;
  refuseAfterConfirmation(sweep, 'another candidate');
  const problems = listPointProblems(session.space, params);
  const vector = session.space.toVector(params);
  if (problems.length > 0 || vector === undefined) {
    throw refused(`that is no candidate of ${row.name}: ${problems.join('; ')}`);
  }
  const { all, waiting } = countInjections(db, row.name);
  const proposed = countTrials(db, row.name, 'search');
  if (proposed + waiting >= row.maxTrials) {
    throw refused(
      `the budget of ${row.name} is used up (${row.maxTrials} trials); ` +
        `\`mergesweep extend ${row.name} --trials 1\` first`,
    );
  }
  const trial = `i${all + 1}`;
  happen({ ...session, db, ledgerId, sweep: row.name, at }, { kind: 'inject', trial, vector });
  storeSnapshot(db, row.name, session.sampler);
  const others = waiting === 1 ? 'one other that was' : `${waiting} others that were`;
  const place = waiting === 0 ? 'the next one' : `in line behind ${others} injected`;
  return { message: `The candidate is ${place} of ${row.name}.`, trial, params };
}

/** Held-out documents are looked at once: who is scored on them is settled then. */
function refuseAfterConfirmation({ db, row }: SteeredSweep, what: string): void {
  if (countTrials(db, row.name, 'confirm') === 0) return;
  throw refused(
    `${what} would come too late: the finalists of ${row.name} are chosen and scored on the held-out ` +
      `documents, which are looked at once. Begin another sweep from it: \`mergesweep fork ${row.name}\``,
  );
}

function find(db: Connection, sweep: string): SweepRow {
  const row = getSweep(db, sweep);
  if (row !== undefined) return row;
  throw new LedgerError(
    'sweep_unknown',
    `the ledger holds no sweep ${sweep}; start it with \`mergesweep run FILE\``,
  );
}
