import { CmaOptionsError, CmaStateError } from '../errors.js';
import { parseCmaState } from '../parse-state.js';
import {
  asArray,
  asCount,
  asId,
  asNullable,
  asNumber,
  asNumbers,
  asObject,
  asPoint,
} from '../parse-values.js';
import type { Hyperparameters } from '../gp/hyperparameters.js';
import type { Evaluation } from './objective.js';
import {
  type ResolvedSearchOptions,
  resolveSearchOptions,
  type SearchOptions,
} from './search-options.js';
import type {
  Arm,
  OpenProposal,
  SearchResult,
  SearchState,
  SurrogateState,
} from './search-state.js';

/**
 * Checks a value of unknown origin and returns it as a state, in a copy of its own.
 * @throws CmaStateError naming the place, what was expected there and what was found
 */
export function parseSearchState(value: unknown): SearchState {
  const root = asObject('', value);
  if (root['version'] !== 1) throw new CmaStateError('version', '1', root['version']);
  const options = parseOptions(root['options']);
  const counters = parseCounters(root['counters']);
  const armCount = options.start === 'duo' ? 2 : 1;
  const arms = asArray('arms', root['arms']);
  if (arms.length !== armCount) throw new CmaStateError('arms', `${armCount} of them`, arms);
  const live = asArray('live', root['live']).map((item, i) =>
    asId(`live[${i}]`, item, 0, armCount - 1),
  );
  if (live.length === 0 || new Set(live).size !== live.length) {
    throw new CmaStateError('live', 'one arm at least, each once', live);
  }
  const parseAll = <T>(name: string, parse: (path: string, item: unknown) => T): T[] =>
    asArray(name, root[name]).map((item, i) => parse(`${name}[${i}]`, item));
  const toResult = (path: string, item: unknown): SearchResult =>
    parseResult(path, item, options, counters);
  return {
    version: 1,
    options,
    counters,
    arms: arms.map((item, i) => parseArm(`arms[${i}]`, item)),
    live,
    open: parseAll('open', (path, item) => parseOpen(path, item, options, counters)),
    injected: parseAll('injected', (path, item) => asPoint(path, item, options.dimension)),
    known: parseAll('known', toResult),
    history: parseAll('history', toResult),
    surrogate: parseSurrogate(root['surrogate'], options),
  };
}

function parseOptions(value: unknown): ResolvedSearchOptions {
  const raw = asObject('options', value);
  try {
    return resolveSearchOptions(raw as unknown as SearchOptions);
  } catch (error) {
    if (!(error instanceof CmaOptionsError)) throw error;
    throw new CmaStateError(`options.${error.option}`, 'a valid option', raw[error.option]);
  }
}

function parseCounters(value: unknown): SearchState['counters'] {
  const raw = asObject('counters', value);
  const read = (name: keyof SearchState['counters']): number =>
    asCount(`counters.${name}`, raw[name]);
  return {
    asked: read('asked'),
    told: read('told'),
    failed: read('failed'),
    forgotten: read('forgotten'),
    foreign: read('foreign'),
    screened: read('screened'),
  };
}

function parseArm(path: string, value: unknown): Arm {
  const raw = asObject(path, value);
  return {
    cma: parseCmaState(raw['cma']),
    counted: asCount(`${path}.counted`, raw['counted']),
    recent: asArray(`${path}.recent`, raw['recent']).map((item, i) =>
      asNullable(item, (number) => asNumber(`${path}.recent[${i}]`, number)),
    ),
  };
}

function parseOpen(
  path: string,
  value: unknown,
  { dimension, start }: ResolvedSearchOptions,
  { asked }: SearchState['counters'],
): OpenProposal {
  const raw = asObject(path, value);
  const lastArm = start === 'duo' ? 1 : 0;
  return {
    id: asId(`${path}.id`, raw['id'], 0, asked - 1),
    x: asPoint(`${path}.x`, raw['x'], dimension),
    arm: asNullable(raw['arm'], (item) => asId(`${path}.arm`, item, 0, lastArm)),
    candidate: asCount(`${path}.candidate`, raw['candidate']),
    isScreened: asBoolean(`${path}.isScreened`, raw['isScreened']),
    predicted: asNullable(raw['predicted'], (item) => asNumber(`${path}.predicted`, item)),
  };
}

function parseResult(
  path: string,
  value: unknown,
  { dimension, objective }: ResolvedSearchOptions,
  { asked, foreign }: SearchState['counters'],
): SearchResult {
  const raw = asObject(path, value);
  return {
    id: asId(`${path}.id`, raw['id'], -foreign, asked - 1),
    x: asPoint(`${path}.x`, raw['x'], dimension),
    evaluation: asNullable(raw['evaluation'], (item) =>
      parseEvaluation(`${path}.evaluation`, item, objective.length),
    ),
    loss: asNullable(raw['loss'], (item) => asNumber(`${path}.loss`, item)),
  };
}

function parseEvaluation(path: string, value: unknown, components: number): Evaluation {
  const raw = asObject(path, value);
  return {
    values: asNumbers(`${path}.values`, raw['values'], components),
    errors: asNullable(raw['errors'], (item) => asNumbers(`${path}.errors`, item, components)),
  };
}

function parseSurrogate(
  value: unknown,
  { dimension, objective }: ResolvedSearchOptions,
): SurrogateState {
  const raw = asObject('surrogate', value);
  const models = asArray('surrogate.models', raw['models']).map((item, i): Hyperparameters => {
    const path = `surrogate.models[${i}]`;
    const model = asObject(path, item);
    return {
      logLengths: asNumbers(`${path}.logLengths`, model['logLengths'], dimension),
      logSignal: asNumber(`${path}.logSignal`, model['logSignal']),
      logNoise: asNumber(`${path}.logNoise`, model['logNoise']),
    };
  });
  if (models.length !== 0 && models.length !== objective.length) {
    throw new CmaStateError('surrogate.models', `none or ${objective.length} of them`, models);
  }
  const probes = asArray('surrogate.probes', raw['probes']).map((item, i) => {
    const [expected = 0, came = 0] = asNumbers(`surrogate.probes[${i}]`, item, 2);
    return [expected, came] as const;
  });
  return { models, fittedTo: asCount('surrogate.fittedTo', raw['fittedTo']), probes };
}

function asBoolean(path: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new CmaStateError(path, 'true or false', value);
}
