import { describe, expect, it } from 'vitest';
import { Cma } from '../cma.js';
import type { CmaOptions } from '../options.js';
import { createCmaState } from '../state.js';
import { step } from '../step.js';
import { nextRegime } from './regime.js';

/** Two funnels of one width: the one at 0.2 is not the deep one. */
function twoFunnels(x: readonly number[]): number {
  const distance = (centre: number) => x.reduce((sum, item) => sum + (item - centre) ** 2, 0);
  return Math.min(0.1 + distance(0.2), distance(0.8));
}

function run(options: Partial<CmaOptions>, evaluations: number): Cma {
  const es = new Cma({ dimension: 3, seed: 1, mean: [0.2, 0.2, 0.2], sigma: 0.05, ...options });
  for (let i = 0; i < evaluations; i++) {
    const { id, x } = es.ask();
    es.tell(id, twoFunnels(x));
  }
  return es;
}

describe('a search with restarts', () => {
  it('finds what the first search missed, and keeps the best', () => {
    expect(run({}, 6000).best?.value).toBeCloseTo(0.1, 5);
    for (const restarts of ['ipop', 'bipop'] as const) {
      for (const seed of [1, 2, 3]) {
        const es = run({ restarts, seed, tolFun: 1e-10 }, 8000);
        expect(es.best?.value).toBeLessThan(1e-4);
        expect(es.state.regime.restarts).toBeGreaterThan(1);
        expect(Object.keys(es.state.regime.reason ?? {}).length).toBeGreaterThan(0);
      }
    }
  });

  it('doubles the population each time with ipop, and goes on counting generations', () => {
    const es = run({ restarts: 'ipop', tolFun: 1e-8 }, 8000);
    const { restarts, doublings, populationSize, kind } = es.state.regime;
    expect(restarts).toBeGreaterThanOrEqual(3);
    expect(doublings).toBe(restarts);
    expect(populationSize).toBe(7 * 2 ** restarts);
    expect(kind).toBe('large');
    expect(es.state.distribution.generation).toBeGreaterThan(es.state.distribution.age);
    expect(es.stopReasons()).toEqual({});
  });

  it('takes turns with bipop, and small searches have at most half of what the large one took', () => {
    let state = createCmaState({ dimension: 3, seed: 5, restarts: 'bipop', tolFun: 1e-6 });
    const kinds: string[] = [state.regime.kind];
    for (let i = 0; i < 12_000; i++) {
      const asked = step(state, { kind: 'ask' });
      const { id, x } = asked.candidate!;
      const next = step(asked.state, { kind: 'tell', id, value: twoFunnels(x) }).state;
      if (next.regime.restarts > state.regime.restarts) {
        kinds.push(next.regime.kind);
        const { kind, populationSize, sigma, budget } = next.regime;
        if (kind === 'small') {
          expect(sigma).toBeLessThanOrEqual(0.25);
          expect(sigma).toBeGreaterThanOrEqual(0.0025);
          expect(populationSize).toBeGreaterThanOrEqual(2);
          expect(populationSize).toBeLessThanOrEqual(7 * 2 ** next.regime.doublings);
          expect(budget).toBeGreaterThan(0);
        } else {
          expect(sigma).toBe(0.25);
          expect(budget).toBeNull();
        }
      }
      state = next;
    }
    expect(kinds.slice(0, 3)).toEqual(['first', 'large', 'small']);
    expect(kinds.filter((kind) => kind === 'large').length).toBeGreaterThan(1);
  });

  it('compares what was spent as BIPOP does', () => {
    const { options, regime } = createCmaState({ dimension: 3, seed: 5, restarts: 'bipop' });
    const large = nextRegime(options, regime, 700, { tolfun: 1 });
    expect(large).toMatchObject({
      kind: 'large',
      populationSize: 14,
      spent: { large: 0, small: 0 },
    });
    const small = nextRegime(options, large, 1000, { tolx: 2 });
    expect(small).toMatchObject({ kind: 'small', budget: 500, spent: { large: 1000, small: 0 } });
    expect(small.reason).toEqual({ tolx: 2 });
    const again = nextRegime(options, small, 600, {});
    expect(again).toMatchObject({ kind: 'small', budget: 500, spent: { large: 1000, small: 600 } });
    const next = nextRegime(options, again, 500, {});
    expect(next).toMatchObject({ kind: 'large', populationSize: 28, spent: { small: 1100 } });
  });

  it('ignores samples from before a restart but for the best, and not injected points', () => {
    const es = new Cma({ dimension: 2, seed: 1, restarts: 'ipop', tolX: 2 });
    const size = es.state.regime.populationSize;
    for (let i = 0; i < size + 2; i++) es.ask();
    es.inject([0.1, 0.9]);
    const injected = es.ask();
    for (let id = 0; id < size; id++) es.tell(id, id);
    expect(es.state.regime).toMatchObject({ restarts: 1, populationSize: 2 * size });
    expect(es.state.regime.reason).toHaveProperty('tolx');
    es.tell(size, -1);
    es.fail(size + 1);
    expect(es.state.buffer).toEqual([]);
    expect(es.state.counters).toMatchObject({ told: size + 1, failed: 1, ignored: 2 });
    expect(es.best).toMatchObject({ id: size, value: -1 });
    es.tell(injected.id, 0);
    expect(es.state.buffer.map(({ id }) => id)).toEqual([injected.id]);
  });

  it('restarts where nothing gets better any more', () => {
    // Noise without an optimum: the values are far apart, so tolfun never holds.
    const es = new Cma({ dimension: 2, seed: 3, restarts: 'ipop', tolX: 0 });
    let reason: string[] = [];
    for (let i = 0; i < 20_000 && !reason.includes('stagnation'); i++) {
      const { id } = es.ask();
      es.tell(id, Math.imul(id + 1, 0x9e3779b1) >>> 8);
      reason = Object.keys(es.state.regime.reason ?? {});
    }
    expect(reason).toContain('stagnation');
  });
});
