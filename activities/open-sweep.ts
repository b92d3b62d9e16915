import { LedgerError, MergesweepError } from '../src/errors.js';
import { createSampler } from '../src/samplers/create-sampler.js';
import { knownPoints } from '../src/space/known-points.js';
import { createSearchSpace } from '../src/space/search-space.js';
import { uniformRecipe } from '../src/merge/to-recipe.js';
import { describeSpecChange } from '../src/spec/spec-diff.js';
import { storeSnapshot } from '../src/store/optimizer-log.js';
import { getSweep } from '../src/store/reader.js';
import { nextRequestId } from '../src/store/replies.js';
import type { SweepRow } from '../src/store/rows.js';
import { endStreak, insertSweep, moveSpec, setSweepState } from '../src/store/sweeps.js';
import { listProposed, reviveTrials, setTrialInput } from '../src/store/trials.js';
import type { OpenSweepInput, OpenSweepReply } from './contracts.js';
import { type CoordinatorDeps, requireLedger } from './coordinator-deps.js';
import { propose } from './propose.js';
import { tryToWrite, writeBestConfig, writeOpeningFiles } from './sweep-files.js';
import { parseOrThrow, type SweepSessions } from './sweep-session.js';
import { createTrialInput } from './trial-input.js';
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
  requireLedger(deps, input.ledgerId);
  const spec = parseOrThrow(input.specText, input.specPath);
  if (spec.name !== input.sweep) {
    throw new MergesweepError(
      'configuration',
      `${input.specPath} names the sweep ${spec.name}, it was started as ${input.sweep}`,
    );
  }
  const reply = ledger.transact((db): OpenSweepReply => {
    const row = getSweep(db, spec.name);
    const space = createSearchSpace(spec);
    const turn: Turn = {
      db,
      ledgerId: ledger.ledgerId,
      sweep: spec.name,
      at: clock.now().toISOString(),
      spec,
      space,
      sampler: createSampler(spec, space),
    };
    if (row === undefined) create(turn, input);
    else if (row.specHash !== spec.hash)
      throw new LedgerError(
        'spec_changed',
        describeSpecChange(row.name, row.specText, input.specText),
      );
    else reopen(turn, row, input);
    return {
      pending: listProposed(db, spec.name, true).map((trial) => trial.input),
      nextRequestId: nextRequestId(db, spec.name),
      state: getSweep(db, spec.name)?.state ?? 'running',
    };
  });
  sessions.drop(spec.name);
  const session = sessions.get(spec.name);
  tryToWrite(deps, `${spec.name}/sweep.lock.json`, () => {
    writeOpeningFiles(deps, session);
    writeBestConfig(deps, spec.name);
  });
  return reply;
}

function create(turn: Turn, { specText, specPath }: OpenSweepInput): void {
  const { db, spec, space } = turn;
  insertSweep(db, {
    name: spec.name,
    specText,
    specPath,
    specHash: spec.hash,
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
  storeSnapshot(db, spec.name, turn.sampler);
}

function reopen(turn: Turn, row: SweepRow, input: OpenSweepInput): void {
  const { db, sweep, spec, ledgerId } = turn;
  const { specText, specPath } = input;
  if (row.specText !== specText || row.specPath !== specPath) {
    moveSpec(db, { name: sweep, specText, specPath });
    for (const isHandedOut of [true, false]) {
      for (const trial of listProposed(db, sweep, isHandedOut)) {
        setTrialInput(db, createTrialInput(ledgerId, spec, trial));
      }
    }
  }
  if (row.state === 'finished' || input.isReconciling === true) return;
  if (row.state === 'paused') {
    setSweepState(db, sweep, 'running');
    endStreak(db, sweep);
  }
  // Also of a running one: its coordinator may have died between a cancellation and the pause.
  reviveTrials(db, sweep);
}
