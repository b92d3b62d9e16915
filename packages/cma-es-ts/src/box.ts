import type { Coordinates, Levels } from './constraints/levels.js';
import { CmaEventError, CmaOptionsError, describe } from './errors.js';
import { at } from './matrix.js';

/** A numeric dimension of a user's own space, in its own units. */
export interface NumericDimension {
  readonly name: string;
  readonly lo: number;
  /** Above `lo`. */
  readonly hi: number;
  /** Equal steps of the search are equal factors of the value; needs lo > 0. @default false */
  readonly log?: boolean;
  /** Whole numbers only; `lo` and `hi` must be whole. @default false */
  readonly int?: boolean;
  /** Only lo, lo + step, lo + 2 step … hi; hi − lo must be a multiple of it. Not with `log` or `int`. @default none */
  readonly step?: number;
}

/** A dimension without order. */
export interface CategoricalDimension {
  readonly name: string;
  /** At least two, all different. */
  readonly choices: readonly Choice[];
}

export type Choice = string | number | boolean;
export type Dimension = NumericDimension | CategoricalDimension;

/** What a point means to the user, by the dimensions' names. */
export type Values = Readonly<Record<string, Choice>>;

/** A user's space, mapped to and from the unit box that the search lives in. */
export interface Box {
  /** How many coordinates the search has: one for each numeric dimension, k for one of k choices. */
  readonly dimension: number;
  /** The option `coordinates` of the search: which are discrete; null where none is. */
  readonly coordinates: Coordinates | null;
  /**
   * The values of a point of the box.
   * @throws CmaEventError when x is not `dimension` numbers in [0, 1]
   */
  toValues(x: readonly number[]): Values;
  /**
   * A point of the box with these values: `toValues` gives them back, numbers between two allowed ones as the next of
   * them. The choice has 0.75 in its coordinate and the others 0.25, so that a step may change it.
   * @throws CmaEventError when a name is missing or unknown, or a value is out of its range
   */
  toBox(values: Values): number[];
}

/** One dimension's part of the box. */
interface Part {
  readonly name: string;
  readonly size: number;
  readonly levels: Levels | null;
  toValue(x: readonly number[]): Choice;
  /** null where the dimension has no such value. */
  toBox(value: Choice): number[] | null;
  /** For messages. */
  readonly range: string;
}

/**
 * Maps named dimensions to the unit box.
 *
 * - Numbers are linear, or linear in their logarithm.
 * - `int` and `step` become discrete coordinates with levels; with `log` and `int` the coordinate is continuous and
 *   its value is rounded, as its levels are not evenly spaced.
 * - k choices become k continuous coordinates, and the largest wins (of equal ones the first). The search then has k
 *   numbers for a choice that matters by their order only: the simplest scheme that gives all choices the same chance.
 *
 * ```ts
 * const box = createBox([
 *   { name: 'rate', lo: 1e-5, hi: 1e-1, log: true },
 *   { name: 'layers', lo: 1, hi: 8, int: true },
 *   { name: 'method', choices: ['ties', 'slerp'] },
 * ]);
 * const es = new Cma({ dimension: box.dimension, coordinates: box.coordinates, seed: 1 });
 * const candidate = es.ask();
 * es.tell(candidate.id, evaluate(box.toValues(candidate.x)));
 * ```
 *
 * @throws CmaOptionsError naming the dimension, for example `dims[2].lo`
 */
export function createBox(dims: readonly Dimension[]): Box {
  if (dims.length === 0) throw new CmaOptionsError('dims', 'at least one dimension', dims);
  const parts = dims.map((dim, i) => {
    const place = `dims[${i}]`;
    if (dims.findIndex(({ name }) => name === dim.name) !== i) {
      throw new CmaOptionsError(`${place}.name`, 'a name of its own', dim.name);
    }
    return 'choices' in dim ? categorical(place, dim) : numeric(place, dim);
  });
  const levels = parts.flatMap((part) => new Array<Levels | null>(part.size).fill(part.levels));
  return {
    dimension: levels.length,
    coordinates: levels.some((item) => item !== null) ? levels : null,
    toValues: (x) => toValues(parts, levels.length, x),
    toBox: (values) => toBox(parts, values),
  };
}

function toValues(parts: readonly Part[], dimension: number, x: readonly number[]): Values {
  if (x.length !== dimension || !x.every((item) => item >= 0 && item <= 1)) {
    const expected = `${dimension} numbers in [0, 1]`;
    throw new CmaEventError('invalid-point', `x: expected ${expected}, got ${describe(x)}`);
  }
  let from = 0;
  const entries = parts.map((part): [string, Choice] => {
    const own = x.slice(from, from + part.size);
    from += part.size;
    return [part.name, part.toValue(own)];
  });
  return Object.fromEntries(entries);
}

function toBox(parts: readonly Part[], values: Values): number[] {
  for (const name of Object.keys(values)) {
    if (parts.some((part) => part.name === name)) continue;
    const expected = parts.map((part) => part.name).join(', ');
    throw new CmaEventError('invalid-point', `values: expected ${expected}, got "${name}"`);
  }
  return parts.flatMap((part) => {
    const value = values[part.name];
    const own = value === undefined ? null : part.toBox(value);
    if (own !== null) return own;
    const message = `values.${part.name}: expected ${part.range}, got ${describe(value)}`;
    throw new CmaEventError('invalid-point', message);
  });
}

function categorical(place: string, { name, choices }: CategoricalDimension): Part {
  if (choices.length < 2 || new Set(choices).size !== choices.length) {
    throw new CmaOptionsError(`${place}.choices`, 'at least two different choices', choices);
  }
  return {
    name,
    size: choices.length,
    levels: null,
    range: choices.map((choice) => JSON.stringify(choice)).join(' or '),
    toValue: (x) => {
      const winner = x.reduce((best, item, i) => (item > at(x, best) ? i : best), 0);
      const choice = choices[winner];
      if (choice === undefined) throw new RangeError(`choice ${winner} of ${choices.length}`);
      return choice;
    },
    toBox: (value) =>
      choices.includes(value) ? choices.map((choice) => (choice === value ? 0.75 : 0.25)) : null,
  };
}

function numeric(place: string, dim: NumericDimension): Part {
  const { name, lo, hi, log = false, int = false, step } = dim;
  checkRange(place, dim);
  const count = step === undefined ? (int ? hi - lo + 1 : null) : Math.round((hi - lo) / step) + 1;
  const levels = count === null || log ? null : { levels: count };
  const scale = log ? logarithmic(lo, hi) : linear(lo, hi);
  const toValue = (u: number): number => {
    if (step !== undefined && count !== null) {
      const index = Math.round(u * (count - 1));
      return index === count - 1 ? hi : lo + index * step;
    }
    return int ? Math.round(scale.from(u)) : scale.from(u);
  };
  return {
    name,
    size: 1,
    levels,
    range: `a number from ${lo} to ${hi}`,
    toValue: (x) => toValue(at(x, 0)),
    toBox: (value) => {
      if (typeof value !== 'number' || !(value >= lo && value <= hi)) return null;
      const u = Math.min(1, Math.max(0, scale.to(value)));
      return [levels === null ? u : Math.round(u * (levels.levels - 1)) / (levels.levels - 1)];
    },
  };
}

function checkRange(place: string, { lo, hi, log = false, int = false, step }: NumericDimension) {
  const fail = (key: string, expected: string, got: unknown): never => {
    throw new CmaOptionsError(`${place}.${key}`, expected, got);
  };
  if (!Number.isFinite(lo)) fail('lo', 'a finite number', lo);
  if (!(Number.isFinite(hi) && hi > lo && hi - lo < Infinity)) {
    fail('hi', `a finite number above ${lo}`, hi);
  }
  if (log && !(lo > 0)) fail('lo', 'a number above 0, as log is on', lo);
  if (int && !Number.isSafeInteger(lo)) fail('lo', 'a whole number, as int is on', lo);
  if (int && !Number.isSafeInteger(hi)) fail('hi', 'a whole number, as int is on', hi);
  if (step === undefined) return;
  if (log || int) fail('step', 'none beside log or int', step);
  const steps = (hi - lo) / step;
  const isWhole = Math.abs(steps - Math.round(steps)) < 1e-9 * Math.max(1, steps);
  if (!(step > 0 && isWhole && Number.isSafeInteger(Math.round(steps)) && steps > 0.5)) {
    fail('step', `a number that divides ${hi - lo}`, step);
  }
}

/** u in [0, 1] to a value, and back; the ends are met exactly. */
interface Scale {
  from(u: number): number;
  to(value: number): number;
}

function linear(lo: number, hi: number): Scale {
  return {
    from: (u) => (u === 1 ? hi : Math.min(hi, lo + u * (hi - lo))),
    to: (value) => (value - lo) / (hi - lo),
  };
}

function logarithmic(lo: number, hi: number): Scale {
  const low = Math.log(lo);
  const range = Math.log(hi) - low;
  return {
    from: (u) =>
      u === 0 ? lo : u === 1 ? hi : Math.min(hi, Math.max(lo, Math.exp(low + u * range))),
    to: (value) => (Math.log(value) - low) / range,
  };
}
