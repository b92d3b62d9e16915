import { MergesweepError } from '../src/errors.js';
import { createSampler } from '../src/samplers/create-sampler.js';
import { knownPoints } from '../src/space/known-points.js';
import { createSearchSpace } from '../src/space/search-space.js';
import { uniformRecipe } from '../src/merge/to-recipe.js';
import { hashJson } from '../src/spec/canonical-json.js';
import { bindingText, tryToPin } from '../src/spec/pinned-spec.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import type { Connection } from '../src/store/connection.js';
import { addToJournal } from '../src/store/journal.js';
import { storeSnapshot } from '../src/store/optimizer-log.js';
import { getSweep } from '../src/store/reader.js';
import { nextRequestId } from '../src/store/replies.js';
import type { SweepRow } from '../src/store/rows.js';
import { endStreak, insertSweep, setEstimate, setSweepState } from '../src/store/sweeps.js';
import { listProposed, reviveTrials } from '../src/store/trials.js';
import { adoptSpec } from './adopt-spec.js';
import type { OpenSweepInput, OpenSweepReply } from './contracts.js';
import { type CoordinatorDeps, requireLedger } from './coordinator-deps.js';
import { withPinnedParents } from './pinned-parents.js';
import { withPinnedTools } from './pinned-tools.js';
import { inherit } from './inherit.js';
import { propose } from './propose.js';
import { tryToWrite, writeBestConfig, writeOpeningFiles } from './sweep-files.js';
import { parseOrThrow, type SweepSessions } from './sweep-session.js';
import { happen, type Turn } from './turn.js';

/**
 * Creates the sweep with its baselines, or opens it again: a paused one goes on, and with it the
 * trials that ended for no reason of their own.
 */
export function openSweep(
  deps: CoordinatorDeps,
  sessions: SweepSessions,
  input: OpenSweepInput,
): OpenSweepReply {
  const { ledger, clock } = deps;
  const { sweep } = input;
  requireLedger(deps, input.ledgerId);
  const reply = ledger.transact((db): OpenSweepReply => {
    const before = getSweep(db, sweep);
    const at = clock.now().toISOString();
    const spec = settleSpec(db, before, input, at);
    const row = getSweep(db, sweep);
    const space = createSearchSpace(spec);
    const sampler = createSampler(spec, space);
    const turn: Turn = { db, ledgerId: ledger.ledgerId, sweep, at, spec, space, sampler };
    if (row === undefined) create(turn, input);
    else if (input.isReconciling !== true) reopen(turn, row);
    noteAllowed(turn, input);
    noteAgain(turn, input);
    if (input.estimate !== undefined) setEstimate(db, sweep, input.estimate);
    const { state = 'running', isHeld = false } = getSweep(db, sweep) ?? {};
    const pending = listProposed(db, sweep, true).map(({ input, lease }) =>
      lease === undefined ? input : { ...input, lease },
    );
    return {
      pending: withPinnedTools(turn, withPinnedParents(db, sweep, pending)),
      nextRequestId: nextRequestId(db, sweep),
      state,
      ...(isHeld && { isHeld }),
    };
  });
  sessions.drop(sweep);
  const session = sessions.get(sweep);
  tryToWrite(deps, `${sweep}/sweep.lock.json`, () => {
    writeOpeningFiles(deps, session);
    writeBestConfig(deps, sweep);
  });
  return reply;
}

/**
 * What the sweep is: of a new one its file, of another one the ledger, with what was edited since. One that
 * only asks what is in flight may have begun with an older text.
 */
function settleSpec(
  db: Connection,
  row: SweepRow | undefined,
  input: OpenSweepInput,
  at: string,
): SweepSpec {
  if (row !== undefined && input.isReconciling === true)
    return parseOrThrow(bindingText(row), row.specPath);
  const spec = parseOrThrow(input.specText, input.specPath);
  if (spec.name !== input.sweep) {
    throw new MergesweepError(
      'configuration',
      `${input.specPath} names the sweep ${spec.name}, it was started as ${input.sweep}`,
    );
  }
  return row === undefined ? spec : adoptSpec(db, row, { ...input, at });
}

function create(turn: Turn, { specText, specPath, forkOf }: OpenSweepInput): void {
  const { db, spec, space } = turn;
  insertSweep(db, {
    name: spec.name,
    specText,
    specPath,
    specHash: spec.hash,
    pinnedSpec: tryToPin(spec, specPath),
    maxTrials: spec.file.optimizer.max_trials,
    createdAt: turn.at,
  });
  const models = [spec.base, ...spec.parents];
  const { params } = uniformRecipe(spec);
  const vector = params === undefined ? undefined : space.toVector(params);
  const known = knownPoints(spec, space);
  const at = (label: string) => {
    const point = known.get(label);
    return point === undefined ? {} : { vector: point };
  };
  // The merges first: on the first of them a node learns whether it may evaluate warm.
  propose(turn, {
    trial: 'b1',
    kind: 'baseline',
    label: 'uniform',
    ...(params !== undefined && vector !== undefined && { params, vector }),
  });
  propose(turn, { trial: 'b2', kind: 'baseline', label: 'ties', ...at('ties') });
  models.forEach(({ label }, index) => {
    propose(turn, { trial: `b${index + 3}`, kind: 'baseline', label, ...at(label) });
  });
  spec.file.optimizer.inject.forEach((wanted, index) => {
    const point = space.toVector(wanted);
    if (point === undefined) throw new Error('checked before: an injected merge lies in the box');
    happen(turn, { kind: 'inject', trial: `i${index + 1}`, vector: point });
  });
  if (forkOf !== undefined) inherit(turn, forkOf);
  storeSnapshot(db, spec.name, turn.sampler);
}

/** Once for each wish, however often the sweep is opened with it. */
function noteAllowed({ db, sweep, at }: Turn, { allowed }: OpenSweepInput): void {
  if (allowed === undefined) return;
  const requestId = `allowed-${hashJson(allowed).slice(0, 16)}`;
  addToJournal(db, sweep, { kind: 'code_allowed', requestId, detail: { ...allowed }, at });
}

/** Once for each time, however often the sweep is opened for it. */
function noteAgain({ db, sweep, at }: Turn, { begunAgain }: OpenSweepInput): void {
  if (begunAgain === undefined) return;
  const message =
    'the history of its workflow could not be repeated: it began again from the ledger, and what ran was started anew';
  const requestId = `begun-again-${begunAgain}`;
  addToJournal(db, sweep, { kind: 'begun_again', requestId, detail: { message }, at });
}

function reopen({ db, sweep }: Turn, row: SweepRow): void {
  if (row.state === 'finished') return;
  if (row.state === 'paused') {
    setSweepState(db, sweep, 'running');
    endStreak(db, sweep);
  }
  // Also of a running one: its coordinator may have died between a cancellation and the pause.
  reviveTrials(db, sweep);
}
