import { CmaOptionsError, CmaStateError } from './errors.js';
import { hasGenotype } from './constraints/genotype.js';
import { type CmaOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { parseDistribution } from './parse-distribution.js';
import {
  asArray,
  asAscending,
  asCount,
  asId,
  asNullable,
  asNumber,
  asNumbers,
  asObject,
  asOneOf,
  asPoint,
  asPositive,
  asPresentIf,
} from './parse-values.js';
import type { Regime } from './restarts/regime.js';
import type {
  BestResult,
  CmaState,
  Counters,
  Frame,
  Member,
  OpenCandidate,
  ValueRange,
} from './state.js';

/**
 * Checks a value of unknown origin and returns it as a state, in a copy of its own.
 * @throws CmaStateError naming the place, what was expected there and what was found
 */
export function parseCmaState(value: unknown): CmaState {
  const root = asObject('', value);
  if (root['version'] !== 2) throw new CmaStateError('version', '2', root['version']);
  const options = parseOptions(root['options']);
  const counters = parseCounters(root['counters']);
  const regime = parseRegime(root['regime']);
  const distribution = parseDistribution(root['distribution'], options);
  const buffer = asArray('buffer', root['buffer']).map((item, i) =>
    parseMember(`buffer[${i}]`, item, options, counters),
  );
  if (buffer.length >= regime.populationSize) {
    throw new CmaStateError('buffer', `fewer than ${regime.populationSize} members`, buffer);
  }
  const open = asArray('open', root['open']).map((item, i) =>
    parseOpen(`open[${i}]`, item, options, counters),
  );
  checkDistinct([...buffer, ...open]);
  const injected = asArray('injected', root['injected']).map((item, i) =>
    asPoint(`injected[${i}]`, item, options.dimension),
  );
  const recentValues = asArray('recentValues', root['recentValues']).map(
    (item, i) => asAscending(`recentValues[${i}]`, item, 3) as unknown as ValueRange,
  );
  return {
    version: 2,
    options,
    counters,
    regime,
    distribution,
    buffer,
    open,
    injected,
    recentValues,
    best: asNullable(root['best'], (best) => parseBest(best, options, counters)),
  };
}

function parseOptions(value: unknown): ResolvedOptions {
  const raw = asObject('options', value);
  let options: ResolvedOptions;
  try {
    options = resolveOptions(raw as unknown as CmaOptions);
  } catch (error) {
    if (!(error instanceof CmaOptionsError)) throw error;
    throw new CmaStateError(`options.${error.option}`, 'a valid option', raw[error.option]);
  }
  // A state has every option; one that is left out would be a default of today.
  for (const key of Object.keys(options)) {
    if (raw[key] === undefined) throw new CmaStateError(`options.${key}`, 'a value', undefined);
  }
  if (raw['covariance'] === 'auto') {
    throw new CmaStateError('options.covariance', '"full" or "separable"', 'auto');
  }
  return options;
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
    ignored: read('ignored'),
  };
}

function parseRegime(value: unknown): Regime {
  const raw = asObject('regime', value);
  const spent = asObject('regime.spent', raw['spent']);
  const populationSize = asCount('regime.populationSize', raw['populationSize']);
  if (populationSize < 2) {
    throw new CmaStateError('regime.populationSize', 'an integer of at least 2', populationSize);
  }
  return {
    kind: asOneOf('regime.kind', raw['kind'], ['first', 'large', 'small'] as const),
    restarts: asCount('regime.restarts', raw['restarts']),
    doublings: asCount('regime.doublings', raw['doublings']),
    populationSize,
    sigma: asPositive('regime.sigma', raw['sigma']),
    budget: asNullable(raw['budget'], (budget) => asCount('regime.budget', budget)),
    spent: {
      large: asCount('regime.spent.large', spent['large']),
      small: asCount('regime.spent.small', spent['small']),
    },
    reason: asNullable(raw['reason'], (reason) =>
      Object.fromEntries(
        Object.entries(asObject('regime.reason', reason)).map(([name, limit]) => [
          name,
          asNumber(`regime.reason.${name}`, limit),
        ]),
      ),
    ),
  };
}

function parseOpen(
  path: string,
  value: unknown,
  options: ResolvedOptions,
  counters: Counters,
): OpenCandidate {
  const raw = asObject(path, value);
  const origin = asOneOf(`${path}.origin`, raw['origin'], ['sampled', 'injected'] as const);
  const n = options.dimension;
  return {
    id: asId(`${path}.id`, raw['id'], 0, counters.asked - 1),
    x: asPoint(`${path}.x`, raw['x'], n),
    genotype: parseGenotype(path, raw['genotype'], n, origin === 'sampled' && hasGenotype(options)),
    origin,
    frame: parseFrame(`${path}.frame`, raw['frame'], n),
  };
}

function parseGenotype(path: string, value: unknown, n: number, isPresent: boolean) {
  const place = `${path}.genotype`;
  return asPresentIf(isPresent, place, value, (genotype) => asNumbers(place, genotype, n));
}

function parseFrame(path: string, value: unknown, n: number): Frame {
  const raw = asObject(path, value);
  return {
    generation: asCount(`${path}.generation`, raw['generation']),
    mean: asNumbers(`${path}.mean`, raw['mean'], n),
    sigma: asPositive(`${path}.sigma`, raw['sigma']),
  };
}

function parseMember(
  path: string,
  value: unknown,
  options: ResolvedOptions,
  counters: Counters,
): Member {
  const raw = asObject(path, value);
  const n = options.dimension;
  return {
    id: asId(`${path}.id`, raw['id'], -counters.foreign, counters.asked - 1),
    x: asPoint(`${path}.x`, raw['x'], n),
    genotype: parseGenotype(path, raw['genotype'], n, hasGenotype(options)),
    value: asNullable(raw['value'], (number) => asNumber(`${path}.value`, number)),
    origin: asOneOf(`${path}.origin`, raw['origin'], ['sampled', 'injected', 'foreign'] as const),
    generation: asCount(`${path}.generation`, raw['generation']),
    frame: asNullable(raw['frame'], (frame) => parseFrame(`${path}.frame`, frame, n)),
  };
}

function parseBest(value: unknown, options: ResolvedOptions, counters: Counters): BestResult {
  const raw = asObject('best', value);
  return {
    id: asId('best.id', raw['id'], -counters.foreign, counters.asked - 1),
    x: asPoint('best.x', raw['x'], options.dimension),
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
