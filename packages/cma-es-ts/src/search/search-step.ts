import { checkId, checkPoint, unknownKind } from '../check-event.js';
import { plain } from '../distribution.js';
import { CmaEventError, describe } from '../errors.js';
import { propose, step } from '../step.js';
import { type Evaluation, lossOf } from './objective.js';
import type { Proposal, SearchEvent } from './search-events.js';
import { climb } from './climb.js';
import { kendallTau } from './kendall.js';
import type { Arm, OpenProposal, SearchResult, SearchState } from './search-state.js';
import { isNoisy, refit, Surrogate } from './surrogate.js';

/** What one event made of a state. */
export interface SearchStepResult {
  readonly state: SearchState;
  /** The point to evaluate; present after `ask` only. */
  readonly proposal?: Proposal;
  /** False when the event had nothing left to do, such as a second tell of one id; the state is then the argument itself. */
  readonly applied: boolean;
}

/** Over how many plain samples τ is taken, at most and at least. */
const MOST_PROBES = 16;
const FEWEST_PROBES = 6;
/** Of a duo both arms have so many populations of results when the worse one stops: more cost more than they tell. */
const ROUNDS = 1;

/**
 * Folds one event into a state. Pure: same arguments, same result, and the argument is never changed.
 *
 * @throws CmaEventError when an id was never asked, a value is not finite, a point is not n numbers in [0, 1], or the kind is not known
 */
export function searchStep(state: SearchState, event: SearchEvent): SearchStepResult {
  switch (event.kind) {
    case 'ask':
      return ask(state);
    case 'tell':
      return close(state, event.id, 'told', checkEvaluation(state, 'tell', event));
    case 'fail':
      return close(state, event.id, 'failed', null);
    case 'forget':
      return close(state, event.id, 'forgotten', null);
    case 'inject': {
      checkPoint('inject', event.x, state.options.dimension);
      return { state: { ...state, injected: [...state.injected, plain(event.x)] }, applied: true };
    }
    case 'foreign': {
      checkPoint('foreign', event.x, state.options.dimension);
      const evaluation = checkEvaluation(state, 'foreign', event);
      return { state: addForeign(state, plain(event.x), evaluation), applied: true };
    }
    default:
      throw unknownKind(event);
  }
}

function ask(state: SearchState): SearchStepResult {
  const id = state.counters.asked;
  const [waiting, ...injected] = state.injected;
  if (waiting !== undefined) {
    const opened = {
      id,
      x: waiting,
      arm: null,
      candidate: id,
      isScreened: false,
      predicted: null,
    };
    return {
      state: { ...count(state, 'asked'), injected, open: [...state.open, opened] },
      proposal: { id, x: waiting, source: 'injected' },
      applied: true,
    };
  }
  const arm = state.live[id % state.live.length] ?? 0;
  const { surrogate, attempt, climbed, predicted } = screen(state, arm);
  const old = armAt(state, arm);
  const { cma } = old;
  const from = climbed === undefined ? cma : step(cma, { kind: 'inject', x: climbed }).state;
  const asked = step(from, { kind: 'ask', attempt: attempt ?? 0 });
  if (asked.candidate === undefined) throw new Error('bug in cma-es-ts: ask gave no candidate');
  const { id: candidate, x } = asked.candidate;
  const isScreened = attempt !== undefined;
  const opened: OpenProposal = { id, x, arm, candidate, isScreened, predicted };
  const counted = count(state, 'asked');
  return {
    state: {
      ...(isScreened ? count(counted, 'screened') : counted),
      arms: state.arms.with(arm, { ...old, cma: asked.state }),
      open: [...state.open, opened],
      surrogate,
    },
    proposal: { id, x, source: isScreened ? 'screened' : 'sampled' },
    applied: true,
  };
}

interface Screening {
  readonly surrogate: SearchState['surrogate'];
  /** Which sample of the arm's next candidate is wanted; absent: the plain one. */
  readonly attempt?: number;
  /** A point that no sample is at. */
  readonly climbed?: readonly number[];
  /** What is expected of the one that is proposed. */
  readonly predicted: number | null;
}

/** Lets the surrogate choose among samples of the arm, where it may. */
function screen(state: SearchState, arm: number): Screening {
  const { surrogate: options } = state.options;
  const valued = state.history.filter(({ evaluation }) => evaluation !== null).length;
  if (options === null || valued < options.after) {
    return { surrogate: state.surrogate, predicted: null };
  }
  const surrogate = refit(state);
  const pending = state.open.map(({ x }) => x);
  const model = new Surrogate(state, surrogate.models, pending);
  const { cma } = armAt(state, arm);
  // By the arm's own count: by that of the search all probes of a duo would be one arm's.
  const turn = cma.counters.asked;
  const isProbe = turn % options.probeEvery === 0;
  if (isProbe || !isTrusted(state)) {
    return { surrogate, predicted: model.judge(propose(cma, 0)).loss };
  }
  const pool = Array.from({ length: options.pool }, (_, attempt) => {
    const x = propose(cma, attempt);
    return { attempt, x, ...model.judge(x) };
  });
  const best = pool
    .filter(({ x }) => !pending.some((other) => isSame(x, other)))
    .reduce<(typeof pool)[number] | undefined>(
      (left, right) =>
        left === undefined || right.logImprovement > left.logImprovement ? right : left,
      undefined,
    );
  // All of them clipped to points that are being evaluated: no choice.
  if (best === undefined) return { surrogate, predicted: model.judge(propose(cma, 0)).loss };
  if (turn % options.climbEvery === 1 && !isNoisy(state)) {
    const key = { seed: state.options.seed, id: state.counters.asked };
    const { x, loss } = climb(model, [best.x, model.bestBelieved()], key);
    if (!state.open.some((proposal) => isSame(x, proposal.x))) {
      return { surrogate, attempt: best.attempt, climbed: x, predicted: loss };
    }
  }
  return { surrogate, attempt: best.attempt, predicted: best.loss };
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.every((value, j) => value === right[j]);
}

/** Whether the surrogate has ranked plain samples well enough of late to choose. */
export function isTrusted(state: SearchState): boolean {
  const tau = surrogateTau(state);
  return tau === null || tau >= (state.options.surrogate?.minTau ?? 0);
}

/** Kendall's τ of the surrogate over the latest plain samples; null while there are fewer than six. */
export function surrogateTau({ surrogate }: SearchState): number | null {
  return surrogate.probes.length < FEWEST_PROBES ? null : kendallTau(surrogate.probes);
}

function close(
  state: SearchState,
  id: number,
  outcome: 'told' | 'failed' | 'forgotten',
  evaluation: Evaluation | null,
): SearchStepResult {
  checkId(state.counters.asked, id);
  const closed = state.open.find((proposal) => proposal.id === id);
  if (closed === undefined) return { state, applied: false };
  const rest = {
    ...count(state, outcome),
    open: state.open.filter((proposal) => proposal !== closed),
  };
  if (outcome === 'forgotten') return { state: forget(rest, closed), applied: true };
  const loss = evaluation === null ? null : lossOf(state.options.objective, evaluation);
  const result: SearchResult = { id, x: closed.x, evaluation, loss };
  if (closed.arm === null) return { state: addKnown(rest, result), applied: true };
  const probed = closed.isScreened ? rest : addProbe(rest, closed.predicted, loss);
  return { state: addSampled(probed, closed.arm, closed.candidate, result), applied: true };
}

function forget(state: SearchState, { arm, candidate }: OpenProposal): SearchState {
  if (arm === null) return state;
  const old = armAt(state, arm);
  const cma = step(old.cma, { kind: 'forget', id: candidate }).state;
  return { ...state, arms: state.arms.with(arm, { ...old, cma }) };
}

function addProbe(state: SearchState, expected: number | null, came: number | null): SearchState {
  if (expected === null || came === null) return state;
  const pair: readonly [number, number] = [expected, came];
  const probes = [...state.surrogate.probes, pair].slice(-MOST_PROBES);
  return { ...state, surrogate: { ...state.surrogate, probes } };
}

function addSampled(
  state: SearchState,
  index: number,
  candidate: number,
  result: SearchResult,
): SearchState {
  const history = [...state.history, result];
  const ready = giveKnown(state, index);
  const arm = armAt(ready, index);
  const { loss } = result;
  const cma = step(
    arm.cma,
    loss === null ? { kind: 'fail', id: candidate } : { kind: 'tell', id: candidate, value: loss },
  ).state;
  const recent = [...arm.recent, loss].slice(-cma.options.populationSize);
  const arms = ready.arms.with(index, { cma, counted: arm.counted + 1, recent });
  return stopWorse({ ...ready, history, arms });
}

/**
 * The best third of a population of known points goes into the first update of the last arm, when that is about to be
 * made: injected whole they would replace sampling, and none of the bad ones tells anything about the centre.
 */
function giveKnown(state: SearchState, index: number): SearchState {
  const last = state.arms.length - 1;
  const arm = armAt(state, index);
  if (index !== last || state.known.length === 0) return state;
  const { populationSize } = arm.cma.options;
  const share = Math.max(1, Math.floor(populationSize / 3));
  const given = state.known
    .filter(({ loss }) => loss !== null)
    .toSorted((left, right) => (left.loss ?? 0) - (right.loss ?? 0))
    .slice(0, share);
  if (arm.cma.buffer.length + given.length + 1 < populationSize) return state;
  const cma = given.reduce(
    (cma, { x, loss }) => step(cma, { kind: 'foreign', x, value: loss ?? 0 }).state,
    arm.cma,
  );
  return { ...state, known: [], arms: state.arms.with(index, { ...arm, cma }) };
}

function addForeign(state: SearchState, x: readonly number[], evaluation: Evaluation): SearchState {
  const counted = count(state, 'foreign');
  const loss = lossOf(state.options.objective, evaluation);
  return addKnown(counted, { id: -counted.counters.foreign, x, evaluation, loss });
}

/** A result of a point that no arm sampled: it waits for the last arm's first update, and is a member of any later one. */
function addKnown(state: SearchState, result: SearchResult): SearchState {
  const added = { ...state, history: [...state.history, result] };
  const last = armAt(state, state.arms.length - 1).cma;
  if (last.distribution.generation === 0) return { ...added, known: [...state.known, result] };
  const { x, loss } = result;
  if (loss === null) return added;
  const arms = state.arms.map((arm, index) =>
    state.live.includes(index)
      ? { ...arm, cma: step(arm.cma, { kind: 'foreign', x, value: loss }).state }
      : arm,
  );
  return { ...added, arms };
}

/** Of a duo, ends the arm whose latest results are worse, once both have a population of them. */
function stopWorse(state: SearchState): SearchState {
  if (state.live.length < 2) return state;
  const isReady = state.arms.every(
    ({ counted, cma }) => counted >= ROUNDS * cma.options.populationSize,
  );
  if (!isReady) return state;
  const levels = state.arms.map(meanOfBetterHalf);
  const best = levels.indexOf(Math.min(...levels));
  return { ...state, live: [Math.max(0, best)] };
}

function meanOfBetterHalf({ recent }: Arm): number {
  const sorted = recent
    .map((loss) => loss ?? Number.POSITIVE_INFINITY)
    .toSorted((left, right) => left - right);
  const half = sorted.slice(0, Math.ceil(sorted.length / 2));
  return half.reduce((sum, loss) => sum + loss, 0) / half.length;
}

function armAt(state: SearchState, index: number): Arm {
  const arm = state.arms[index];
  if (arm === undefined) throw new Error(`bug in cma-es-ts: no arm ${index}`);
  return arm;
}

function count(state: SearchState, counter: keyof SearchState['counters']): SearchState {
  const { counters } = state;
  return { ...state, counters: { ...counters, [counter]: counters[counter] + 1 } };
}

function checkEvaluation(
  state: SearchState,
  kind: string,
  { values, errors }: Evaluation,
): Evaluation {
  const wanted = state.options.objective.length;
  const check = (name: string, numbers: unknown, isGood: (value: number) => boolean): void => {
    if (!Array.isArray(numbers) || numbers.length !== wanted) {
      throw new CmaEventError(
        'invalid-value',
        `${kind}: expected ${name} as ${wanted} numbers, one a component, got ${describe(numbers)}`,
      );
    }
    numbers.forEach((value: unknown, i) => {
      if (typeof value === 'number' && isGood(value)) return;
      throw new CmaEventError(
        'invalid-value',
        `${kind}: expected a finite ${name}[${i}], got ${describe(value)}; report a failed evaluation with fail or forget`,
      );
    });
  };
  check('values', values, (value) => Number.isFinite(value));
  if (errors !== null) check('errors', errors, (value) => value >= 0 && value < Infinity);
  return { values: plain(values), errors: errors === null ? null : plain(errors) };
}
