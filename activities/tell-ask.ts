import { selectBest } from '../src/scoring/select-best.js';
import type { Connection } from '../src/store/connection.js';
import { storeSnapshot } from '../src/store/optimizer-log.js';
import { sha256 } from '../src/store/sha256.js';
import { getSweep } from '../src/store/reader.js';
import { findReply, insertReply, type RequestKey } from '../src/store/replies.js';
import type { TrialRow } from '../src/store/rows.js';
import { listStandings, type Standing } from '../src/store/standings.js';
import { readBudget } from '../src/store/steering.js';
import { setSweepState } from '../src/store/sweeps.js';
import { acceptOutcome } from './accept-outcome.js';
import type { SweepState, TellAskInput, TellAskReply, TrialId, TrialOutcome } from './contracts.js';
import { type CoordinatorDeps, requireLedger } from './coordinator-deps.js';
import { findEnd, findStandstill, handOut } from './hand-out.js';
import { withPinnedTools } from './pinned-tools.js';
import { orderReleases } from './release-orders.js';
import { keepTrialLog, tryToWrite, writeBestConfig, writeTrialFiles } from './sweep-files.js';
import { readSweepProgress } from './sweep-progress.js';
import type { SweepSessions } from './sweep-session.js';
import type { Turn } from './turn.js';

/**
 * Accepts outcomes and hands out trials, in one transaction: whatever was computed from an outcome
 * is durable together with it, or none of it is.
 */
export function tellAsk(
  deps: CoordinatorDeps,
  sessions: SweepSessions,
  input: TellAskInput,
): TellAskReply {
  const { ledger, clock } = deps;
  const { ledgerId, sweep, requestId } = input;
  requireLedger(deps, ledgerId);
  const key: RequestKey = { sweep, requestId, sha256: sha256(JSON.stringify(input)) };
  const session = sessions.get(sweep);
  try {
    const { reply, ended, best } = ledger.transact((db) => {
      const stored = findReply(db, key) as TellAskReply | undefined;
      if (stored !== undefined) {
        const best = selectBest(listStandings(db, sweep));
        return { reply: withHold(stored, db, sweep), ended: [], best };
      }
      const at = clock.now().toISOString();
      const done = take({ ...session, db, ledgerId, sweep, at }, input);
      insertReply(db, key, done.reply);
      return done;
    });
    tryToWrite(deps, `${sweep}/trials.jsonl`, () => {
      keepTrialLog(deps, session, ended);
    });
    // Also of a repeat: the coordinator may have died between its commit and these files.
    for (const outcome of input.outcomes) {
      if (
        outcome.status !== 'complete' ||
        !isAccepted(ledger.getTrial(sweep, outcome.trial), outcome)
      )
        continue;
      tryToWrite(deps, `${sweep}/trials/${outcome.trial}`, () => {
        writeTrialFiles(deps, sweep, outcome);
      });
    }
    if (best !== undefined && best.trial !== session.bestWritten) {
      tryToWrite(deps, `${sweep}/best_config.yaml`, () => {
        session.bestWritten = writeBestConfig(deps, sweep);
      });
    }
    return reply;
  } catch (error) {
    // The sampler may be ahead of the ledger now.
    sessions.drop(sweep);
    throw error;
  }
}

/** A repeat may come long after the first: whether the sweep is held must be as it is now. */
function withHold({ isHeld: _, ...reply }: TellAskReply, db: Connection, sweep: string) {
  return { ...reply, ...(getSweep(db, sweep)?.isHeld === true && { isHeld: true }) };
}

/** Whether this completion is the one that counts, and not a later one of the same trial. */
function isAccepted(
  trial: TrialRow | undefined,
  { result }: Extract<TrialOutcome, { status: 'complete' }>,
): boolean {
  return (
    trial?.state === 'complete' &&
    trial.node === result.node &&
    trial.attempt === result.attempt &&
    trial.workDir === result.workDir
  );
}

interface Taken {
  readonly reply: TellAskReply;
  readonly ended: readonly TrialId[];
  /** The best candidate now. */
  readonly best: Standing | undefined;
}

function take(turn: Turn, input: TellAskInput): Taken {
  const { db, sweep } = turn;
  const accepted = input.outcomes.map((outcome) => ({
    outcome,
    acceptance: acceptOutcome(turn, outcome),
  }));
  const pause = accepted.map(({ acceptance }) => acceptance.pause).find(Boolean);
  const { state: before, isHeld = false } = getSweep(db, sweep) ?? {};
  const isRunning = before === 'running';
  if (isRunning && pause !== undefined) setSweepState(db, sweep, 'paused', { reason: pause });
  // A held one neither begins its confirmations nor ends.
  const isHandingOut = isRunning && pause === undefined && !isHeld;
  const trials = isHandingOut ? withPinnedTools(turn, handOut(turn, input.want)) : [];
  const end = isHandingOut ? findEnd(turn) : undefined;
  const standstill = isHandingOut ? findStandstill(turn) : undefined;
  if (standstill !== undefined) setSweepState(db, sweep, 'paused', { reason: standstill });
  if (end === 'finished') {
    const reason = getSweep(db, sweep)?.searchEnded;
    setSweepState(db, sweep, 'finished', {
      finishedAt: turn.at,
      ...(reason !== undefined && { reason }),
    });
  }
  if (end === 'cancelled') {
    const reason = 'trials were cancelled; run the sweep again to go on with them';
    setSweepState(db, sweep, 'paused', { reason });
  }
  storeSnapshot(db, sweep, turn.sampler);
  const row = getSweep(db, sweep);
  const state: SweepState = row?.state ?? 'running';
  const releases = orderReleases(turn, accepted);
  const standings = listStandings(db, sweep);
  const best = selectBest(standings);
  const budget = readBudget(db, sweep);
  return {
    best,
    ended: accepted.flatMap(({ outcome, acceptance }) =>
      acceptance.isApplied ? [outcome.trial] : [],
    ),
    reply: {
      requestId: input.requestId,
      trials,
      releases,
      state,
      ...(row?.reason !== undefined && { reason: row.reason }),
      ...(row?.isHeld === true && { isHeld: true }),
      summary: summarize(standings, best, budget),
      progress: readSweepProgress(turn, standings, best, budget),
    },
  };
}

/** e.g. `12/40 best 0.912` */
function summarize(trials: readonly Standing[], best: Standing | undefined, budget: number) {
  const ended = trials.filter(({ kind, state }) => kind === 'search' && state !== 'proposed');
  const progress = `${ended.length}/${budget}`;
  return best?.fitness === undefined ? progress : `${progress} best ${best.fitness.toFixed(3)}`;
}
