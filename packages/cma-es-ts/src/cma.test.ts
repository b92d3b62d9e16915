import { describe, expect, expectTypeOf, it } from 'vitest';
import { Cma } from './cma.js';
import { CmaEventError, CmaOptionsError } from './errors.js';
import type { Candidate } from './events.js';
import type { CmaOptions } from './options.js';
import { type CmaState, createCmaState } from './state.js';
import { rosenbrock, sphere } from './testing/objectives.js';

describe('Cma', () => {
  it('starts from the defaults', () => {
    expect(new Cma({ dimension: 8, seed: 1 }).state.options).toEqual({
      dimension: 8,
      seed: 1,
      mean: new Array(8).fill(0.5),
      sigma: 0.25,
      populationSize: 10,
      covariance: 'full',
      active: true,
      learningRateAdaptation: false,
      bounds: 'clip',
      stale: 'current',
      restarts: 'none',
      tolFun: 1e-12,
      tolX: 1e-12,
      coordinates: null,
    });
  });

  it('always answers an ask, any number open, with ids in order and points in the box', () => {
    const es = new Cma({ dimension: 3, seed: 9 });
    const candidates = Array.from({ length: 500 }, () => es.ask());
    expect(candidates.map(({ id }) => id)).toEqual(candidates.map((_, i) => i));
    expect(candidates.flatMap(({ x }) => x).every((item) => item >= 0 && item <= 1)).toBe(true);
    expect(new Set(candidates.map(({ x }) => JSON.stringify(x))).size).toBeGreaterThan(490);
    expect(es.state.open).toHaveLength(500);
  });

  it('takes tells in any order, once per id', () => {
    const es = new Cma({ dimension: 2, seed: 1 });
    for (let i = 0; i < 4; i++) es.ask();
    expect([3, 0, 2].map((id) => es.tell(id, id))).toEqual([true, true, true]);
    const before = es.state;
    expect(es.tell(3, 99)).toBe(false);
    expect(es.fail(0)).toBe(false);
    expect(es.forget(2)).toBe(false);
    expect(es.state).toBe(before);
    expect(es.forget(1)).toBe(true);
    expect(es.tell(1, 5)).toBe(false);
    expect(() => es.tell(4, 1)).toThrow('id: expected an id from 0 to 3, got 4');
    expect(() => es.tell(0, Number.NaN)).toThrow(CmaEventError);
  });

  it('reports outcomes as tell, fail and forget do', () => {
    const es = new Cma({ dimension: 2, seed: 1 });
    for (let i = 0; i < 3; i++) es.ask();
    es.report(0, { value: 2 });
    es.report(1, { failed: 'candidate' });
    es.report(2, { failed: 'infrastructure' });
    expect(es.state.counters).toEqual({
      asked: 3,
      told: 1,
      failed: 1,
      forgotten: 1,
      foreign: 0,
      ignored: 0,
    });
    expect(es.state.buffer.map(({ id, value }) => [id, value])).toEqual([
      [0, 2],
      [1, null],
    ]);
  });

  it('remembers the best result, of equal ones the lowest id', () => {
    const es = new Cma({ dimension: 2, seed: 1 });
    expect(es.best).toBeNull();
    const candidates = Array.from({ length: 4 }, () => es.ask());
    es.fail(0);
    expect(es.best).toBeNull();
    es.tell(3, 1);
    es.tell(2, 1);
    es.tell(1, 2);
    expect(es.best).toEqual({ id: 2, x: candidates[2]?.x, value: 1 });
    es.tellForeign([0, 1], 0.5);
    expect(es.best).toEqual({ id: -1, x: [0, 1], value: 0.5 });
  });

  it('continues bit by bit from its JSON', () => {
    const es = new Cma({ dimension: 4, seed: 77 });
    let copy = Cma.fromJSON(JSON.parse(JSON.stringify(es)));
    for (let i = 0; i < 300; i++) {
      const candidate = es.ask();
      expect(copy.ask()).toStrictEqual(candidate);
      if (i % 3 === 2) continue;
      es.tell(candidate.id, rosenbrock(candidate.x));
      copy.tell(candidate.id, rosenbrock(candidate.x));
      if (i % 10 === 0) copy = Cma.fromJSON(JSON.parse(JSON.stringify(copy)));
    }
    expect(copy.state).toStrictEqual(es.state);
  });

  it('repeats itself with the same seed and differs with another', () => {
    const first = (seed: number) => new Cma({ dimension: 5, seed }).ask().x;
    expect(first(3)).toEqual(first(3));
    expect(first(3)).not.toEqual(first(4));
  });

  it('says why it should stop, and nothing while it should not', () => {
    const es = new Cma({ dimension: 2, seed: 1 });
    const objective = sphere(0.3);
    expect(es.stopReasons()).toEqual({});
    for (let i = 0; i < 3000; i++) {
      const { id, x } = es.ask();
      es.tell(id, objective(x));
      if (i === 100) expect(es.stopReasons()).toEqual({});
    }
    expect(es.stopReasons()).toMatchObject({ tolfun: 1e-12, tolx: 2.5e-13 });
  });

  it('says so when the covariance is badly conditioned', () => {
    const { state } = new Cma({ dimension: 2, seed: 1 });
    const distribution = { ...state.distribution, covariance: [1, 0, 0.9e-14] };
    expect(Cma.fromJSON({ ...state, distribution }).stopReasons()).toEqual({ conditioncov: 1e14 });
  });

  it('works in one dimension and in a population of two', () => {
    const es = new Cma({ dimension: 1, seed: 1, populationSize: 2 });
    for (let i = 0; i < 400; i++) {
      const { id, x } = es.ask();
      es.tell(id, sphere(0.7)(x));
    }
    expect(es.best?.value).toBeLessThan(1e-6);
  });

  it('has the types it promises', () => {
    expectTypeOf<ReturnType<Cma['ask']>>().toEqualTypeOf<Candidate>();
    expectTypeOf<Cma['state']>().toEqualTypeOf<CmaState>();
    expectTypeOf<Parameters<(typeof Cma)['fromJSON']>[0]>().toBeUnknown();
  });
});

describe('the options', () => {
  const refused: [Record<string, unknown>, string][] = [
    [{ dimension: 0 }, 'CmaOptions.dimension: expected a safe integer of at least 1, got 0'],
    [{ dimension: 2.5 }, 'CmaOptions.dimension: expected a safe integer of at least 1, got 2.5'],
    [{ seed: -1 }, 'CmaOptions.seed: expected a safe integer of at least 0, got -1'],
    [
      { seed: 2 ** 53 },
      'CmaOptions.seed: expected a safe integer of at least 0, got 9007199254740992',
    ],
    [{ seed: undefined }, 'CmaOptions.seed: expected a safe integer of at least 0, got undefined'],
    [{ sigma: 0 }, 'CmaOptions.sigma: expected a number in (0, 1], got 0'],
    [{ sigma: Number.NaN }, 'CmaOptions.sigma: expected a number in (0, 1], got NaN'],
    [{ sigma: '1' }, 'CmaOptions.sigma: expected a number in (0, 1], got the string "1"'],
    [{ mean: [0.5] }, 'CmaOptions.mean: expected an array of 2 numbers, got an array of 1'],
    [{ mean: [0.5, 1.1] }, 'CmaOptions.mean[1]: expected a number in [0, 1], got 1.1'],
    [
      { populationSize: 1 },
      'CmaOptions.populationSize: expected a safe integer of at least 2, got 1',
    ],
    [
      { covariance: 'diagonal' },
      'CmaOptions.covariance: expected "full", "separable", "auto", got the string "diagonal"',
    ],
    [
      { covariance: 'separable', learningRateAdaptation: true },
      'CmaOptions.covariance: expected "full" or "auto", as learning rates adapt, got the string "separable"',
    ],
    [{ active: 1 }, 'CmaOptions.active: expected true or false, got 1'],
    [
      { bounds: 'wrap' },
      'CmaOptions.bounds: expected "clip", "transform", "reflect", "resample", got the string "wrap"',
    ],
    [{ stale: null }, 'CmaOptions.stale: expected "current", "own", "drop", got null'],
    [
      { restarts: 'on' },
      'CmaOptions.restarts: expected "none", "ipop", "bipop", got the string "on"',
    ],
    [{ tolFun: -1 }, 'CmaOptions.tolFun: expected a number of at least 0, got -1'],
    [{ tolX: Infinity }, 'CmaOptions.tolX: expected a number of at least 0, got Infinity'],
    [{ coordinates: [null] }, 'CmaOptions.coordinates: expected an array of 2, got an array of 1'],
    [
      { coordinates: [null, { levels: 1 }] },
      'CmaOptions.coordinates[1]: expected null or { levels: an integer of at least 2 }, got 1',
    ],
  ];

  it.each(refused)('%j are refused', (wrong, message) => {
    const options = { dimension: 2, seed: 1, ...wrong } as unknown as CmaOptions;
    expect(() => new Cma(options)).toThrow(CmaOptionsError);
    expect(() => new Cma(options)).toThrow(message);
  });

  it('choose a separable covariance above 128 dimensions, unless learning rates adapt', () => {
    const kind = (options: Partial<CmaOptions>) =>
      createCmaState({ dimension: 129, seed: 1, ...options }).options.covariance;
    expect(kind({})).toBe('separable');
    expect(kind({ dimension: 128 })).toBe('full');
    expect(kind({ covariance: 'full' })).toBe('full');
    expect(kind({ dimension: 2, covariance: 'separable' })).toBe('separable');
    expect(kind({ learningRateAdaptation: true })).toBe('full');
  });

  it('are copied', () => {
    const mean = [0.1, 0.2];
    const es = new Cma({ dimension: 2, seed: 1, mean });
    mean[0] = 0.9;
    expect(es.state.distribution.mean).toEqual([0.1, 0.2]);
    expect(es.state.options.mean).toEqual([0.1, 0.2]);
  });
});
