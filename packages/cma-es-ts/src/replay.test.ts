import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allBounds } from './constraints/bounds.js';
import { diagnostics } from './diagnostics.js';
import type { CmaOptions } from './options.js';
import { parseCmaState } from './parse-state.js';
import { type CmaState, createCmaState } from './state.js';
import { step } from './step.js';
import { deepFreeze } from './testing/freeze.js';
import { randomEvents } from './testing/moves.js';

/** Any combination of the options that there is. */
const anyOptions: fc.Arbitrary<CmaOptions> = fc
  .record({
    dimension: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(),
    sigma: fc.constantFrom(0.25, 0.05, 1),
    populationSize: fc.constantFrom(2, 4, 7),
    covariance: fc.constantFrom('full' as const, 'separable' as const, 'auto' as const),
    active: fc.boolean(),
    learningRateAdaptation: fc.boolean(),
    bounds: fc.constantFrom(...allBounds),
    stale: fc.constantFrom('current' as const, 'own' as const, 'drop' as const),
    restarts: fc.constantFrom('none' as const, 'ipop' as const, 'bipop' as const),
    // A tolerance that is reached at once, so that there are restarts.
    tolX: fc.constantFrom(1e-12, 1.2),
    levels: fc.array(fc.constantFrom(0, 0, 2, 3, 20), { minLength: 5, maxLength: 5 }),
  })
  .map(({ levels, ...options }) => ({
    ...options,
    learningRateAdaptation: options.learningRateAdaptation && options.covariance !== 'separable',
    coordinates: levels
      .slice(0, options.dimension)
      .map((count) => (count === 0 ? null : { levels: count })),
  }));

const search = anyOptions.chain((options) =>
  fc.record({ options: fc.constant(options), events: randomEvents(options.dimension) }),
);

function roundTrip(state: CmaState): CmaState {
  return parseCmaState(JSON.parse(JSON.stringify(state)));
}

function everyNumber(value: unknown, check: (item: number) => void): void {
  if (typeof value === 'number') check(value);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) everyNumber(item, check);
  }
}

describe('a search with any options', () => {
  it('is bit-equal whatever event it was killed and restored at', () => {
    let restarts = 0;
    fc.assert(
      fc.property(search, ({ options, events }) => {
        let straight = createCmaState(options);
        let restored = roundTrip(straight);
        for (const event of events) {
          straight = step(straight, event).state;
          restored = roundTrip(step(restored, event).state);
          expect(JSON.stringify(restored)).toBe(JSON.stringify(straight));
        }
        expect(restored).toStrictEqual(straight);
        restarts += straight.regime.restarts;
      }),
      { numRuns: 40, seed: 11 },
    );
    expect(restarts).toBeGreaterThan(0);
  });

  it('never changes its arguments, leaves the box or holds a number that is not finite', () => {
    fc.assert(
      fc.property(search, ({ options, events }) => {
        let state = deepFreeze(createCmaState(options));
        for (const event of events) {
          const result = deepFreeze(step(state, deepFreeze(event)));
          state = result.state;
          const points = [result.candidate?.x ?? [], diagnostics(state).mean, state.best?.x ?? []];
          for (const item of points.flat()) expect(item >= 0 && item <= 1).toBe(true);
          options.coordinates?.forEach((coordinate, j) => {
            const x = result.candidate?.x[j];
            if (coordinate === null || x === undefined) return;
            const steps = x * (coordinate.levels - 1);
            expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-12);
          });
        }
        everyNumber(state, (item) => {
          expect(Number.isFinite(item)).toBe(true);
        });
        const { told, failed, foreign, ignored } = state.counters;
        const counted = told + failed + foreign - ignored - state.buffer.length;
        if (options.restarts === 'none') {
          expect(counted).toBe(state.distribution.generation * state.regime.populationSize);
        }
      }),
      { numRuns: 30, seed: 12 },
    );
  });

  it('is bit-equal where C is decomposed at some updates only', () => {
    const options = { dimension: 100, seed: 3 };
    let straight = createCmaState(options);
    let restored = straight;
    let stale = 0;
    for (let i = 0; i < 150; i++) {
      const { state, candidate } = step(straight, { kind: 'ask' });
      expect(step(restored, { kind: 'ask' }).candidate).toStrictEqual(candidate);
      const value = candidate!.x.reduce((sum, item, j) => sum + j * (item - 0.3) ** 2, 0);
      const tell = { kind: 'tell', id: candidate!.id, value } as const;
      straight = step(state, tell).state;
      restored = step(step(restored, { kind: 'ask' }).state, tell).state;
      if (i % 10 === 0) restored = roundTrip(restored);
      if (straight.distribution.decomposed !== null) stale++;
    }
    expect(stale).toBeGreaterThan(20);
    expect(JSON.stringify(restored)).toBe(JSON.stringify(straight));
  });
});
