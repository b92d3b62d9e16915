import { checkAttempt, checkId, checkPoint, checkValue, unknownKind } from './check-event.js';
import { collect, ignore } from './collect.js';
import { genotypeOf, ontoLevels } from './constraints/genotype.js';
import type { Candidate, CmaEvent } from './events.js';
import { sample } from './sample.js';
import type { CmaState, Counters, Member, OpenCandidate } from './state.js';

/** What one event made of a state. */
export interface StepResult {
  readonly state: CmaState;
  /** The point to evaluate; present after `ask` only. */
  readonly candidate?: Candidate;
  /** False when the event had nothing left to do, such as a second tell of one id; the state is then the argument itself. */
  readonly applied: boolean;
}

/**
 * Folds one event into a state. Pure: same arguments, same result, and the argument is never changed.
 *
 * @throws CmaEventError when an id was never asked, a value is not finite, a point is not n numbers in [0, 1], an attempt
 *   is not an integer in [0, 2^32), or the kind is not known
 */
export function step(state: CmaState, event: CmaEvent): StepResult {
  switch (event.kind) {
    case 'ask':
      return ask(state, event.attempt ?? 0);
    case 'tell':
      checkValue('tell', event.value);
      return close(state, 'told', event.id, event.value + 0);
    case 'fail':
      return close(state, 'failed', event.id, null);
    case 'forget':
      return close(state, 'forgotten', event.id, null);
    case 'inject': {
      checkPoint('inject', event.x, state.options.dimension);
      const x = ontoLevels(state.options, event.x);
      return { state: { ...state, injected: [...state.injected, x] }, applied: true };
    }
    case 'foreign':
      checkPoint('foreign', event.x, state.options.dimension);
      checkValue('foreign', event.value);
      return { state: addForeign(state, event.x, event.value + 0), applied: true };
    default:
      throw unknownKind(event);
  }
}

/**
 * The x that `{ kind: 'ask', attempt }` would hand out now, were no injected point in line; the state stays as it is.
 * The proposals of different attempts are independent samples of one distribution: look at several, then ask for the
 * one that is wanted by its attempt.
 *
 * @param attempt an integer in [0, 2^32)
 * @throws CmaEventError when the attempt is not that
 */
export function propose(state: CmaState, attempt: number): readonly number[] {
  checkAttempt(attempt);
  return sample(state, state.counters.asked, attempt).x;
}

function ask(state: CmaState, attempt: number): StepResult {
  checkAttempt(attempt);
  const id = state.counters.asked;
  const { generation, mean, sigma } = state.distribution;
  const waiting = state.injected[0];
  const { x, genotype } =
    waiting === undefined ? sample(state, id, attempt) : { x: waiting, genotype: null };
  const opened: OpenCandidate = {
    id,
    x,
    genotype,
    origin: waiting === undefined ? 'sampled' : 'injected',
    frame: { generation, mean, sigma },
  };
  return {
    state: {
      ...state,
      counters: increment(state.counters, 'asked'),
      open: [...state.open, opened],
      injected: waiting === undefined ? state.injected : state.injected.slice(1),
    },
    candidate: { id, x, generation },
    applied: true,
  };
}

function close(
  state: CmaState,
  outcome: 'told' | 'failed' | 'forgotten',
  id: number,
  value: number | null,
): StepResult {
  checkId(state.counters.asked, id);
  const closed = state.open.find((candidate) => candidate.id === id);
  if (closed === undefined) return { state, applied: false };
  const rest = {
    ...state,
    counters: increment(state.counters, outcome),
    open: state.open.filter((candidate) => candidate !== closed),
  };
  if (outcome === 'forgotten') return { state: rest, applied: true };
  const member = toMember(state, closed, value);
  const next = isIgnored(state, closed) ? ignore(rest, member) : collect(rest, member);
  return { state: next, applied: true };
}

function toMember(state: CmaState, closed: OpenCandidate, value: number | null): Member {
  const { options, distribution } = state;
  const { id, x, origin, frame } = closed;
  const keepsFrame =
    options.stale === 'own' && origin === 'sampled' && frame.generation !== distribution.generation;
  return {
    id,
    x,
    // An injected point has a place of its own in the search as it is now, not as it was when it was handed out.
    genotype: origin === 'injected' ? genotypeOf(options, distribution, x) : closed.genotype,
    value,
    origin,
    generation: frame.generation,
    frame: keepsFrame ? frame : null,
  };
}

/** Whether a sample is of no use to the next update: drawn before a restart, or late where late ones are dropped. */
function isIgnored({ options, distribution }: CmaState, { origin, frame }: OpenCandidate): boolean {
  if (origin === 'injected' || frame.generation === distribution.generation) return false;
  const isBeforeRestart = frame.generation < distribution.generation - distribution.age;
  return isBeforeRestart || options.stale === 'drop';
}

function addForeign(state: CmaState, point: readonly number[], value: number): CmaState {
  const counted = { ...state, counters: increment(state.counters, 'foreign') };
  const { options, distribution } = state;
  const x = ontoLevels(options, point);
  return collect(counted, {
    id: -counted.counters.foreign,
    x,
    genotype: genotypeOf(options, distribution, x),
    value,
    origin: 'foreign',
    generation: distribution.generation,
    frame: null,
  });
}

function increment(counters: Counters, counter: keyof Counters): Counters {
  return { ...counters, [counter]: counters[counter] + 1 };
}
