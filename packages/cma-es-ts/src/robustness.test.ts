import { describe, expect, it } from 'vitest';
import { Cma } from './cma.js';
import { allBounds } from './constraints/bounds.js';
import { CmaEventError } from './errors.js';
import type { CmaOptions } from './options.js';
import { uniform } from './random.js';
import type { Objective } from './testing/objectives.js';

function run(options: CmaOptions, evaluations: number, objective: Objective): Cma {
  const es = new Cma(options);
  for (let i = 0; i < evaluations; i++) {
    const { id, x } = es.ask();
    es.tell(id, objective(x));
  }
  return es;
}

function sphere(x: readonly number[]): number {
  return x.reduce((sum, item) => sum + (item - 0.3) ** 2, 0);
}

function expectSound(es: Cma): void {
  const text = JSON.stringify(es);
  // JSON writes null for what is not finite; these are the places where null is allowed.
  const allowed =
    /"(genotype|frame|decomposed|learningRates|levelScale|budget|reason|coordinates|best|value)":null/g;
  expect(text.replace(allowed, '')).not.toContain('null');
  expect(Cma.fromJSON(JSON.parse(text)).ask()).toEqual(es.ask());
}

describe('a search that meets with', () => {
  it('ties only goes on', () => {
    for (const restarts of ['none', 'ipop', 'bipop'] as const) {
      expectSound(run({ dimension: 4, seed: 1, restarts }, 5000, () => 7));
    }
  });

  it('failures only goes on, and has no best', () => {
    for (const restarts of ['none', 'bipop'] as const) {
      const es = new Cma({ dimension: 3, seed: 1, restarts });
      for (let i = 0; i < 2000; i++) es.fail(es.ask().id);
      expect(es.best).toBeNull();
      expect(es.state.distribution.sigma).toBe(0.25);
      expectSound(es);
    }
  });

  it('values of any size goes on', () => {
    const sizes = [1e300, -1e300, 5e-324, 0, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE];
    let i = 0;
    const es = run({ dimension: 3, seed: 2, restarts: 'ipop' }, 3000, () => sizes[i++ % 7]!);
    expect(es.best?.value).toBe(-Number.MAX_VALUE);
    expectSound(es);
  });

  it.each([Infinity, -Infinity, Number.NaN])(
    'the value %s refuses it and stays as it was',
    (value) => {
      const es = new Cma({ dimension: 2, seed: 1 });
      const { id } = es.ask();
      const before = es.state;
      expect(() => es.tell(id, value)).toThrow(CmaEventError);
      expect(() => es.tell(id, value)).toThrow(
        `tell: expected a finite value, got ${value}; report a failed evaluation with fail or forget`,
      );
      expect(() => {
        es.tellForeign([0, 0], value);
      }).toThrow('foreign: expected a finite value');
      expect(es.state).toBe(before);
      expect(es.tell(id, 1)).toBe(true);
    },
  );

  it('foreign points outside the box, duplicates and unknown ids refuses or ignores them', () => {
    const es = new Cma({ dimension: 2, seed: 1 });
    const { id } = es.ask();
    for (const x of [[1 + 1e-15, 0], [0, -1e-300], [Infinity, 0], [0.5], [0, 0, 0]]) {
      expect(() => {
        es.tellForeign(x, 1);
      }).toThrow(/^foreign: expected x/);
      expect(() => {
        es.inject(x);
      }).toThrow(/^inject: expected x/);
    }
    expect(() => es.tell(1, 0)).toThrow('id: expected an id from 0 to 0, got 1');
    es.tell(id, 1);
    const before = es.state;
    expect(es.tell(id, 2)).toBe(false);
    expect(es.fail(id)).toBe(false);
    expect(es.state).toBe(before);
  });

  it('one point told again and again keeps its covariance positive', () => {
    const es = new Cma({ dimension: 4, seed: 1 });
    for (let i = 0; i < 3000; i++) es.tellForeign([0.2, 0.2, 0.2, 0.9], 1);
    expectSound(es);
  });
});

describe('a search works', () => {
  const kinds: Partial<CmaOptions>[] = [
    {},
    { covariance: 'separable' },
    { learningRateAdaptation: true },
    { coordinates: [{ levels: 2 }] },
    { restarts: 'bipop' },
    ...allBounds.map((bounds) => ({ bounds, sigma: 1, mean: [1] })),
  ];
  it.each(kinds)('in one dimension, with %j', (kind) => {
    const es = run({ dimension: 1, seed: 3, ...kind }, 600, sphere);
    expect(es.best?.value).toBeLessThan(kind.coordinates === undefined ? 1e-6 : 0.1);
    expectSound(es);
  });

  it('where coordinates do not matter, alone or in pairs', () => {
    expectSound(run({ dimension: 4, seed: 1 }, 4000, (x) => (x[0] ?? 0) ** 2));
    expectSound(run({ dimension: 4, seed: 1 }, 4000, (x) => ((x[0] ?? 0) - (x[1] ?? 0)) ** 2));
  });

  it('where all coordinates have two levels', () => {
    const coordinates = Array.from({ length: 12 }, () => ({ levels: 2 }));
    const ones: Objective = (x) => x.reduce((sum, item, j) => sum + Math.abs(item - (j % 2)), 0);
    for (const bounds of allBounds) {
      const es = run({ dimension: 12, seed: 5, coordinates, bounds }, 1500, ones);
      expect(es.best?.value).toBe(0);
      expectSound(es);
    }
  });

  it('in a thousand dimensions, separable, with a state of some thousand numbers', () => {
    const es = run({ dimension: 1000, seed: 1, sigma: 0.05 }, 2500, sphere);
    expect(es.state.options.covariance).toBe('separable');
    expect(es.state.distribution.covariance).toHaveLength(1000);
    expect(es.best?.value).toBeLessThan(sphere(new Array<number>(1000).fill(0.5)));
    expectSound(es);
  });

  it('in 150 dimensions with a full covariance where that is asked for', () => {
    const es = run({ dimension: 150, seed: 1, covariance: 'full' }, 300, sphere);
    expect(es.state.distribution.covariance).toHaveLength(11_325);
    expectSound(es);
  });

  it('for 100 000 results, with a state that does not grow', () => {
    const es = new Cma({ dimension: 2, seed: 1, restarts: 'bipop', stale: 'drop' });
    const objective = (x: readonly number[], id: number) => sphere(x) + uniform(1, id, 0);
    let early = 0;
    const running = [es.ask(), es.ask(), es.ask()];
    for (let i = 0; i < 100_000; i++) {
      const { id, x } = running[i % 3]!;
      es.tell(id, objective(x, id));
      running[i % 3] = es.ask();
      if (i === 10_000) early = JSON.stringify(es).length;
    }
    expect(es.state.counters.told).toBe(100_000);
    expect(es.state.regime.restarts).toBeGreaterThan(3);
    // Larger populations wait in larger buffers.
    expect(JSON.stringify({ ...es.state, buffer: [] }).length).toBeLessThan(1.3 * early);
    expectSound(es);
  });
});

describe('late results', () => {
  /** λ + 3 candidates of generation 0, of which λ are told. */
  function late(stale: 'current' | 'own' | 'drop'): Cma {
    const es = new Cma({ dimension: 3, seed: 4, stale });
    const size = es.state.regime.populationSize;
    const candidates = Array.from({ length: size + 3 }, () => es.ask());
    for (const { id, x } of candidates.slice(0, size)) es.tell(id, sphere(x));
    return es;
  }

  it('are dropped and counted with stale: drop, and may be the best', () => {
    const es = late('drop');
    const [first, second, third] = es.state.open.map(({ id }) => id);
    es.tell(first!, -1);
    es.fail(second!);
    es.forget(third!);
    expect(es.state.buffer).toEqual([]);
    expect(es.state.counters).toMatchObject({ told: 8, failed: 1, forgotten: 1, ignored: 2 });
    expect(es.best).toMatchObject({ id: first, value: -1 });
  });

  it('keep the frame they were drawn in with stale: own only', () => {
    for (const stale of ['current', 'own'] as const) {
      const es = late(stale);
      const { id } = es.state.open[0]!;
      es.tell(id, 1);
      const expected =
        stale === 'own' ? { generation: 0, mean: [0.5, 0.5, 0.5], sigma: 0.25 } : null;
      expect(es.state.buffer[0]?.frame).toEqual(expected);
      const now = es.ask();
      es.tell(now.id, 1);
      expect(es.state.buffer[1]?.frame).toBeNull();
      expect(es.state.counters.ignored).toBe(0);
    }
  });

  it('are steps from there with stale: own, so that they move the mean by less than their place would', () => {
    const [current, own] = (['current', 'own'] as const).map((stale) => {
      // All candidates are of generation 0, and the second half of them is told after the mean has moved.
      const es = new Cma({ dimension: 3, seed: 4, stale });
      const candidates = Array.from({ length: 14 }, () => es.ask());
      for (const { id, x } of candidates) es.tell(id, sphere(x));
      return es.state.distribution;
    });
    expect(own?.generation).toBe(2);
    expect(own?.mean).not.toEqual(current?.mean);
  });
});
