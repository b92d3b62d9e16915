import { strategyConstants } from './constants.js';
import { type Distribution, plain, transformNormal } from './distribution.js';
import { CmaEventError, describe } from './errors.js';
import type { Candidate, CmaEvent } from './events.js';
import { normal } from './random.js';
import { betterOf, compareMembers } from './ranking.js';
import { limitSpread } from './spread.js';
import type { CmaState, Counters, Member, OpenCandidate } from './state.js';
import { valueHistoryLength } from './stop-reasons.js';
import { updateDistribution } from './update.js';

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
    case 'inject':
      checkPoint('inject', event.x, state.options.dimension);
      return { state: { ...state, injected: [...state.injected, plain(event.x)] }, applied: true };
    case 'foreign':
      checkPoint('foreign', event.x, state.options.dimension);
      checkValue('foreign', event.value);
      return { state: addForeign(state, plain(event.x), event.value + 0), applied: true };
    default:
      // The types exclude it, but events may come from a log.
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
  return sample(state, state.counters.asked, attempt);
}

function ask(state: CmaState, attempt: number): StepResult {
  checkAttempt(attempt);
  const id = state.counters.asked;
  const { generation, mean, sigma } = state.distribution;
  const [waiting, ...injected] = state.injected;
  const x = waiting ?? sample(state, id, attempt);
  const opened: OpenCandidate = {
    id,
    x,
    origin: waiting === undefined ? 'sampled' : 'injected',
    frame: { generation, mean, sigma },
  };
  return {
    state: {
      ...count(state, 'asked'),
      open: [...state.open, opened],
      injected,
    },
    candidate: { id, x, generation },
    applied: true,
  };
}

/** Drawn from N(m, σ² C) and clipped into the box; the clipped point is what will be told. */
function sample(state: CmaState, id: number, attempt: number): number[] {
  const { dimension, seed } = state.options;
  const z = Array.from({ length: dimension }, (_, j) => normal(seed, id, j, attempt));
  return clipIntoBox(transformNormal(state.distribution, z));
}

function close(
  state: CmaState,
  outcome: 'told' | 'failed' | 'forgotten',
  id: number,
  value: number | null,
): StepResult {
  checkId(state, id);
  const closed = state.open.find((candidate) => candidate.id === id);
  if (closed === undefined) return { state, applied: false };
  const rest = {
    ...count(state, outcome),
    open: state.open.filter((candidate) => candidate !== closed),
  };
  if (outcome === 'forgotten') return { state: rest, applied: true };
  const { x, origin, frame } = closed;
  const member = { id, x, value, origin, generation: frame.generation };
  return { state: addMember(rest, member), applied: true };
}

function addForeign(state: CmaState, x: readonly number[], value: number): CmaState {
  const counted = count(state, 'foreign');
  const id = -counted.counters.foreign;
  const { generation } = state.distribution;
  return addMember(counted, { id, x, value, origin: 'foreign', generation });
}

/** Puts a result into the buffer, and updates the distribution once there are λ of them. */
function addMember(state: CmaState, member: Member): CmaState {
  const buffer = [...state.buffer, member];
  const best = betterOf(state.best, member);
  if (buffer.length < state.options.populationSize) return { ...state, buffer, best };
  const ranked = buffer.sort(compareMembers);
  return {
    ...state,
    distribution: nextDistribution(state, ranked),
    buffer: [],
    recentValues: nextRecentValues(state, ranked),
    best,
  };
}

function nextDistribution(state: CmaState, ranked: readonly Member[]): Distribution {
  const { dimension, populationSize, sigma } = state.options;
  const before = state.distribution;
  const generation = before.generation + 1;
  // A buffer of failures only has no order, so nothing is learned from it.
  if (ranked.every(({ value }) => value === null)) return { ...before, generation };
  const members = ranked.map(({ x, origin, generation }) => ({
    x,
    isCurrent: origin === 'sampled' && generation === before.generation,
  }));
  const updated = updateDistribution(before, members, strategyConstants(dimension, populationSize));
  // The mean is a convex combination of points in the box, and can leave it by rounding only.
  return limitSpread({ ...updated, mean: clipIntoBox(updated.mean) }, sigma);
}

function nextRecentValues(
  state: CmaState,
  ranked: readonly Member[],
): readonly (readonly [number, number])[] {
  const finite = ranked.flatMap(({ value }) => (value === null ? [] : [value]));
  const lowest = finite[0];
  const highest = finite.at(-1);
  if (lowest === undefined || highest === undefined) return state.recentValues;
  const { dimension, populationSize } = state.options;
  const pair: readonly [number, number] = [lowest, highest];
  return [...state.recentValues, pair].slice(-valueHistoryLength(dimension, populationSize));
}

function clipIntoBox(x: readonly number[]): number[] {
  return plain(x.map((value) => Math.min(1, Math.max(0, value))));
}

function count(state: CmaState, counter: keyof Counters): CmaState {
  const { counters } = state;
  return { ...state, counters: { ...counters, [counter]: counters[counter] + 1 } };
}

function unknownKind(event: { readonly kind?: unknown }): CmaEventError {
  const expected = 'ask, tell, fail, forget, inject or foreign';
  return new CmaEventError(
    'unknown-kind',
    `kind: expected ${expected}, got ${describe(event.kind)}`,
  );
}

function checkAttempt(attempt: unknown): void {
  if (
    typeof attempt === 'number' &&
    Number.isInteger(attempt) &&
    attempt >= 0 &&
    attempt < 2 ** 32
  ) {
    return;
  }
  const expected = 'attempt as an integer from 0 to 4294967295';
  throw new CmaEventError('invalid-value', `ask: expected ${expected}, got ${describe(attempt)}`);
}

function checkId(state: CmaState, id: number): void {
  const { asked } = state.counters;
  if (Number.isSafeInteger(id) && id >= 0 && id < asked) return;
  const expected = asked === 0 ? 'no id, nothing was asked yet' : `an id from 0 to ${asked - 1}`;
  throw new CmaEventError('unknown-id', `id: expected ${expected}, got ${describe(id)}`);
}

function checkValue(kind: string, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value)) return;
  throw new CmaEventError(
    'invalid-value',
    `${kind}: expected a finite value, got ${describe(value)}; report a failed evaluation with fail or forget`,
  );
}

function checkPoint(kind: string, x: unknown, dimension: number): void {
  if (!Array.isArray(x) || x.length !== dimension) {
    const expected = `an array of ${dimension} numbers`;
    throw new CmaEventError(
      'invalid-point',
      `${kind}: expected x as ${expected}, got ${describe(x)}`,
    );
  }
  x.forEach((value: unknown, j) => {
    if (typeof value === 'number' && value >= 0 && value <= 1) return;
    const got = describe(value);
    throw new CmaEventError('invalid-point', `${kind}: expected x[${j}] in [0, 1], got ${got}`);
  });
}
