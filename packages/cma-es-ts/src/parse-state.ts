import type { Distribution } from './distribution.js';
import { symmetricEigen } from './eigen.js';
import { CmaOptionsError, CmaStateError } from './errors.js';
import { at, packedLength, unpackUpper } from './matrix.js';
import { type CmaOptions, type ResolvedOptions, resolveOptions } from './options.js';
import type { BestResult, CmaState, Counters, Frame, Member, OpenCandidate } from './state.js';

/** How negative an eigenvalue of a covariance may be, relative to the largest, by rounding alone. */
const ROUNDING = 1e-10;

/**
 * Checks a value of unknown origin and returns it as a state, in a copy of its own.
 * @throws CmaStateError naming the place, what was expected there and what was found
 */
export function parseCmaState(value: unknown): CmaState {
  const root = asObject('', value);
  if (root['version'] !== 1) throw new CmaStateError('version', '1', root['version']);
  const options = parseOptions(root['options']);
  const counters = parseCounters(root['counters']);
  const n = options.dimension;
  const distribution = parseDistribution(root['distribution'], n);
  const buffer = asArray('buffer', root['buffer']).map((item, i) =>
    parseMember(`buffer[${i}]`, item, n, counters),
  );
  if (buffer.length >= options.populationSize) {
    throw new CmaStateError('buffer', `fewer than ${options.populationSize} members`, buffer);
  }
  const open = asArray('open', root['open']).map((item, i) =>
    parseOpen(`open[${i}]`, item, n, counters),
  );
  checkDistinct([...buffer, ...open]);
  const injected = asArray('injected', root['injected']).map((item, i) =>
    asPoint(`injected[${i}]`, item, n),
  );
  const recentValues = asArray('recentValues', root['recentValues']).map((item, i) =>
    asPair(`recentValues[${i}]`, item),
  );
  const best = root['best'] === null ? null : parseBest(root['best'], n, counters);
  return {
    version: 1,
    options,
    counters,
    distribution,
    buffer,
    open,
    injected,
    recentValues,
    best,
  };
}

function parseOptions(value: unknown): ResolvedOptions {
  const raw = asObject('options', value);
  for (const key of ['mean', 'sigma', 'populationSize']) {
    if (raw[key] === undefined) throw new CmaStateError(`options.${key}`, 'a value', undefined);
  }
  try {
    return resolveOptions(raw as unknown as CmaOptions);
  } catch (error) {
    if (!(error instanceof CmaOptionsError)) throw error;
    throw new CmaStateError(`options.${error.option}`, 'a valid option', raw[error.option]);
  }
}

function parseCounters(value: unknown): Counters {
  const raw = asObject('counters', value);
  const read = (name: keyof Counters): number => asCount(`counters.${name}`, raw[name]);
  return {
    asked: read('asked'),
    told: read('told'),
    failed: read('failed'),
    forgotten: read('forgotten'),
    foreign: read('foreign'),
  };
}

function parseDistribution(value: unknown, n: number): Distribution {
  const raw = asObject('distribution', value);
  const distribution = {
    generation: asCount('distribution.generation', raw['generation']),
    mean: asPoint('distribution.mean', raw['mean'], n),
    sigma: asPositive('distribution.sigma', raw['sigma']),
    covariance: asNumbers('distribution.covariance', raw['covariance'], packedLength(n)),
    pathSigma: asNumbers('distribution.pathSigma', raw['pathSigma'], n),
    pathC: asNumbers('distribution.pathC', raw['pathC'], n),
  };
  const { values } = symmetricEigen(unpackUpper(distribution.covariance, n));
  const largest = at(values, n - 1);
  if (!(largest > 0 && at(values, 0) > -ROUNDING * largest)) {
    throw new CmaStateError(
      'distribution.covariance',
      'a positive definite matrix',
      distribution.covariance,
    );
  }
  return distribution;
}

function parseOpen(path: string, value: unknown, n: number, counters: Counters): OpenCandidate {
  const raw = asObject(path, value);
  return {
    id: asId(`${path}.id`, raw['id'], 0, counters.asked - 1),
    x: asPoint(`${path}.x`, raw['x'], n),
    origin: asOneOf(`${path}.origin`, raw['origin'], ['sampled', 'injected'] as const),
    frame: parseFrame(`${path}.frame`, raw['frame'], n),
  };
}

function parseFrame(path: string, value: unknown, n: number): Frame {
  const raw = asObject(path, value);
  return {
    generation: asCount(`${path}.generation`, raw['generation']),
    mean: asPoint(`${path}.mean`, raw['mean'], n),
    sigma: asPositive(`${path}.sigma`, raw['sigma']),
  };
}

function parseMember(path: string, value: unknown, n: number, counters: Counters): Member {
  const raw = asObject(path, value);
  return {
    id: asId(`${path}.id`, raw['id'], -counters.foreign, counters.asked - 1),
    x: asPoint(`${path}.x`, raw['x'], n),
    value: raw['value'] === null ? null : asNumber(`${path}.value`, raw['value']),
    origin: asOneOf(`${path}.origin`, raw['origin'], ['sampled', 'injected', 'foreign'] as const),
    generation: asCount(`${path}.generation`, raw['generation']),
  };
}

function parseBest(value: unknown, n: number, counters: Counters): BestResult {
  const raw = asObject('best', value);
  return {
    id: asId('best.id', raw['id'], -counters.foreign, counters.asked - 1),
    x: asPoint('best.x', raw['x'], n),
    value: asNumber('best.value', raw['value']),
  };
}

function checkDistinct(items: readonly { readonly id: number }[]): void {
  const seen = new Set<number>();
  for (const { id } of items) {
    if (seen.has(id)) throw new CmaStateError('open', 'every id once in open and buffer', id);
    seen.add(id);
  }
}

function asObject(path: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new CmaStateError(path, 'an object', value);
}

function asArray(path: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CmaStateError(path, 'an array', value);
}

function asNumber(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new CmaStateError(path, 'a finite number', value);
}

function asPositive(path: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value < Infinity) return value;
  throw new CmaStateError(path, 'a number above 0', value);
}

function asCount(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CmaStateError(path, 'an integer of at least 0', value);
}

function asId(path: string, value: unknown, lowest: number, highest: number): number {
  if (Number.isSafeInteger(value)) {
    const id = Number(value);
    if (id >= lowest && id <= highest) return id;
  }
  throw new CmaStateError(path, `an id from ${lowest} to ${highest}`, value);
}

function asNumbers(path: string, value: unknown, length: number): number[] {
  const items = asArray(path, value);
  if (items.length !== length) throw new CmaStateError(path, `an array of ${length}`, value);
  return items.map((item, i) => asNumber(`${path}[${i}]`, item));
}

function asPoint(path: string, value: unknown, n: number): number[] {
  const point = asNumbers(path, value, n);
  point.forEach((item, j) => {
    if (item < 0 || item > 1) throw new CmaStateError(`${path}[${j}]`, 'a number in [0, 1]', item);
  });
  return point;
}

function asPair(path: string, value: unknown): readonly [number, number] {
  const [lowest, highest] = asNumbers(path, value, 2);
  if (lowest !== undefined && highest !== undefined && lowest <= highest) return [lowest, highest];
  throw new CmaStateError(path, 'the lower value first', value);
}

function asOneOf<T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new CmaStateError(path, allowed.map((item) => `"${item}"`).join(' or '), value);
}
