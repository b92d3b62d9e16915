import { describe, expect, it } from 'vitest';
import { Cma } from './cma.js';
import { CmaStateError } from './errors.js';
import { parseCmaState } from './parse-state.js';

/** A state with something in every part. */
function exampleState(): Record<string, unknown> {
  const es = new Cma({ dimension: 2, seed: 1 });
  for (let i = 0; i < 9; i++) es.ask();
  for (let id = 0; id < 6; id++) es.tell(id, id);
  es.tell(6, 0.5);
  es.fail(7);
  es.tellForeign([0, 1], 3);
  es.inject([1, 1]);
  return JSON.parse(JSON.stringify(es)) as Record<string, unknown>;
}

/** The example with one place changed. */
function changed(path: string, value: unknown): unknown {
  const root = exampleState();
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<Record<string, unknown>>(
    (object, key) => object[key] as Record<string, unknown>,
    root,
  );
  parent[last] = value;
  return root;
}

describe('parseCmaState', () => {
  it('accepts what toJSON wrote, and copies it', () => {
    const example = exampleState();
    expect(parseCmaState(example)).toStrictEqual(example);
    expect(parseCmaState(example)).not.toBe(example);
  });

  it.each([undefined, null, 7, 'state', []])('refuses %j', (nonsense) => {
    expect(() => Cma.fromJSON(nonsense)).toThrow(/^CmaState: expected an object, got /);
  });

  const refused: [string, unknown, string][] = [
    ['version', 1, 'CmaState.version: expected 2, got 1'],
    ['options', null, 'CmaState.options: expected an object, got null'],
    ['options.dimension', 3, 'CmaState.options.mean: expected a valid option, got an array of 2'],
    ['options.sigma', undefined, 'CmaState.options.sigma: expected a value, got undefined'],
    ['counters.asked', -1, 'CmaState.counters.asked: expected an integer of at least 0, got -1'],
    ['distribution.sigma', 0, 'CmaState.distribution.sigma: expected a number above 0, got 0'],
    [
      'distribution.mean.0',
      1.5,
      'CmaState.distribution.mean[0]: expected a number in [0, 1], got 1.5',
    ],
    [
      'distribution.covariance',
      [1, 0],
      'distribution.covariance: expected an array of 3, got an array of 2',
    ],
    [
      'distribution.covariance',
      [1, 2, 1],
      'distribution.covariance: expected a positive definite matrix',
    ],
    [
      'distribution.covariance',
      [-1, 0, -1],
      'distribution.covariance: expected a positive definite matrix',
    ],
    [
      'distribution.pathC.1',
      null,
      'CmaState.distribution.pathC[1]: expected a finite number, got null',
    ],
    ['buffer', {}, 'CmaState.buffer: expected an array, got an object'],
    ['buffer', new Array(6).fill(0), 'CmaState.buffer[0]: expected an object, got 0'],
    ['buffer.0.id', 9, 'CmaState.buffer[0].id: expected an id from -1 to 8, got 9'],
    ['buffer.0.id', 8, 'CmaState.open: expected every id once in open and buffer, got 8'],
    [
      'buffer.0.value',
      '1',
      'CmaState.buffer[0].value: expected a finite number, got the string "1"',
    ],
    [
      'buffer.0.origin',
      'dreamt',
      '.origin: expected "sampled" or "injected" or "foreign", got the string "dreamt"',
    ],
    ['open.0.id', -1, 'CmaState.open[0].id: expected an id from 0 to 8, got -1'],
    ['open.0.x', [0.5], 'CmaState.open[0].x: expected an array of 2, got an array of 1'],
    [
      'open.0.frame.sigma',
      null,
      'CmaState.open[0].frame.sigma: expected a number above 0, got null',
    ],
    ['injected.0', [0, 2], 'CmaState.injected[0][1]: expected a number in [0, 1], got 2'],
    ['recentValues.0', [2, 1, 3], 'CmaState.recentValues[0]: expected the lower value first'],
    ['regime', undefined, 'CmaState.regime: expected an object, got undefined'],
    ['regime.kind', 'third', 'CmaState.regime.kind: expected "first" or "large" or "small"'],
    ['regime.populationSize', 1, 'regime.populationSize: expected an integer of at least 2, got 1'],
    ['regime.budget', 1.5, 'CmaState.regime.budget: expected an integer of at least 0, got 1.5'],
    ['regime.reason', { tolx: 'x' }, 'CmaState.regime.reason.tolx: expected a finite number'],
    ['options.stale', undefined, 'CmaState.options.stale: expected a value, got undefined'],
    ['options.bounds', 'wrap', 'CmaState.options.bounds: expected a valid option'],
    ['options.covariance', 'auto', 'options.covariance: expected "full" or "separable"'],
    ['options.covariance', 'separable', 'distribution.covariance: expected an array of 2'],
    ['options.coordinates', [null, { levels: 3 }], 'distribution.levelScale: expected an array'],
    ['options.learningRateAdaptation', true, 'distribution.learningRates: expected an object'],
    ['options.bounds', 'transform', 'CmaState.buffer[0].genotype: expected an array, got null'],
    ['distribution.age', 2, 'CmaState.distribution.age: expected at most the generation, got 2'],
    ['distribution.decomposed', [1, 2], 'distribution.decomposed: expected an array of 3'],
    ['distribution.decomposed', [1, 2, 1], 'decomposed: expected a positive definite matrix'],
    ['distribution.levelScale', [1, 1], 'CmaState.distribution.levelScale: expected null'],
    ['distribution.learningRates', {}, 'CmaState.distribution.learningRates: expected null'],
    ['buffer.0.genotype', [0, 0], 'CmaState.buffer[0].genotype: expected null, got an array of 2'],
    ['buffer.0.frame', 3, 'CmaState.buffer[0].frame: expected an object, got 3'],
    ['counters.ignored', undefined, 'CmaState.counters.ignored: expected an integer of at least 0'],
    ['best', undefined, 'CmaState.best: expected an object, got undefined'],
    ['best.value', null, 'CmaState.best.value: expected a finite number, got null'],
  ];

  it.each(refused)('refuses %s = %j', (path, value, message) => {
    const state = changed(path, value);
    expect(() => parseCmaState(state)).toThrow(CmaStateError);
    expect(() => parseCmaState(state)).toThrow(message);
  });

  it('refuses a buffer that should have become an update', () => {
    const [member] = exampleState()['buffer'] as [object];
    const buffer = Array.from({ length: 6 }, (_, id) => ({ ...member, id }));
    expect(() => parseCmaState(changed('buffer', buffer))).toThrow(
      'CmaState.buffer: expected fewer than 6 members, got an array of 6',
    );
  });
});
