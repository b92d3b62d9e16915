import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cma } from './cma.js';
import { strategyConstants } from './constants.js';
import { CmaEventError } from './errors.js';
import type { CmaEvent } from './events.js';
import { parseCmaState } from './parse-state.js';
import { limitSpread } from './spread.js';
import { type CmaState, createCmaState } from './state.js';
import { propose, step } from './step.js';
import { deepFreeze } from './testing/freeze.js';
import { randomEvents } from './testing/moves.js';
import { updateDistribution } from './update.js';

const DIMENSION = 3;
const start = (): CmaState => createCmaState({ dimension: DIMENSION, seed: 11 });

const anyEvents = randomEvents(DIMENSION);

function fold(state: CmaState, events: readonly CmaEvent[]): CmaState {
  return events.reduce((current, event) => step(current, event).state, state);
}

function roundTrip(state: CmaState): CmaState {
  return parseCmaState(JSON.parse(JSON.stringify(state)));
}

/** Asks and answers until `generations` updates are done; values are the candidates' distance to a corner. */
function afterGenerations(state: CmaState, generations: number): CmaState {
  let current = state;
  while (current.distribution.generation < generations) {
    const { state: asked, candidate } = step(current, { kind: 'ask' });
    const distance = candidate!.x.reduce((sum, item) => sum + item * item, 0);
    current = step(asked, { kind: 'tell', id: candidate!.id, value: distance }).state;
  }
  return current;
}

describe('step', () => {
  it('gives bit-equal states whatever event the state was saved and restored at', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        let straight = start();
        let restored = start();
        for (const event of events) {
          straight = step(straight, event).state;
          restored = roundTrip(step(restored, event).state);
          // toStrictEqual tells -0 from 0, and Object.is is what it uses for numbers.
          expect(restored).toStrictEqual(straight);
          expect(JSON.stringify(restored)).toBe(JSON.stringify(straight));
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('gives bit-equal states however the events are split', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(), (events, cut) => {
        const at = cut % (events.length + 1);
        const whole = fold(start(), events);
        const parts = fold(roundTrip(fold(start(), events.slice(0, at))), events.slice(at));
        expect(parts).toStrictEqual(whole);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('never changes its arguments', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        let state = deepFreeze(start());
        for (const event of events) state = deepFreeze(step(state, deepFreeze(event)).state);
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it('keeps every candidate and the mean inside the box', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        let state = createCmaState({ dimension: DIMENSION, seed: 5, sigma: 1, mean: [0, 1, 0.5] });
        for (const event of events) {
          const result = step(state, event);
          state = result.state;
          for (const item of [...(result.candidate?.x ?? []), ...state.distribution.mean]) {
            expect(item >= 0 && item <= 1).toBe(true);
          }
        }
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  it('updates to the same bits whatever the order of completion within a buffer', () => {
    const ids = [0, 1, 2, 3, 4, 5, 6];
    const order = fc.shuffledSubarray(ids, { minLength: ids.length });
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }),
        order,
        (values, shuffled) => {
          const state = fold(
            start(),
            ids.map(() => ({ kind: 'ask' })),
          );
          const answer = (id: number): CmaEvent =>
            values[id] === 3 ? { kind: 'fail', id } : { kind: 'tell', id, value: values[id]! };
          const expected = fold(state, ids.map(answer));
          const actual = fold(state, shuffled.map(answer));
          expect(actual.distribution).toStrictEqual(expected.distribution);
          expect(actual.best).toStrictEqual(expected.best);
          expect(actual.distribution.generation).toBe(1);
        },
      ),
      { numRuns: 100, seed: 5 },
    );
  });

  it('proposes by seed, id and distribution only', () => {
    const [first, second] = [fold(start(), [{ kind: 'ask' }]), start()];
    const next = step(first, { kind: 'ask' }).candidate;
    const answered = fold(first, [{ kind: 'tell', id: 0, value: 3 }]);
    expect(step(answered, { kind: 'ask' }).candidate).toEqual(next);
    expect(step(second, { kind: 'ask' }).candidate).not.toEqual(next);
  });

  it('proposes what an ask with the same attempt hands out, another sample for every attempt', () => {
    const state = afterGenerations(start(), 3);
    const proposals = [0, 1, 2, 2 ** 32 - 1].map((attempt) => propose(state, attempt));
    expect(new Set(proposals.map((item) => JSON.stringify(item))).size).toBe(4);
    expect(proposals[0]).toEqual(step(state, { kind: 'ask' }).candidate?.x);
    [0, 1, 2, 2 ** 32 - 1].forEach((attempt, i) => {
      expect(step(state, { kind: 'ask', attempt }).candidate?.x).toEqual(proposals[i]);
    });
    const waiting = fold(state, [{ kind: 'inject', x: [1, 1, 1] }]);
    expect(propose(waiting, 1)).toEqual(proposals[1]);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN, '1', null])('refuses the attempt %s', (attempt) => {
    const message = /^ask: expected attempt as an integer from 0 to 4294967295, got /;
    expect(() => propose(start(), attempt as number)).toThrow(message);
    if (attempt === null) return; // a log may say null for a default
    const event = { kind: 'ask', attempt } as CmaEvent;
    expect(() => step(start(), event)).toThrow(message);
  });

  it('updates once λ results are counted, whichever generation they came from', () => {
    const state = afterGenerations(start(), 1);
    const λ = state.options.populationSize;
    const stale = fold(
      start(),
      Array.from({ length: 2 * λ }, () => ({ kind: 'ask' })),
    );
    const first = fold(
      stale,
      Array.from({ length: λ }, (_, id) => ({ kind: 'tell', id, value: id })),
    );
    expect(first.distribution.generation).toBe(1);
    const second = fold(
      first,
      Array.from({ length: λ }, (_, i) => ({ kind: 'tell', id: λ + i, value: i })),
    );
    expect(second.distribution.generation).toBe(2);
    expect(second.buffer).toEqual([]);
  });

  it('counts a candidate failure, ranks it worst and gives ties to the lower id', () => {
    const λ = start().options.populationSize;
    const asked = fold(
      start(),
      Array.from({ length: λ }, () => ({ kind: 'ask' })),
    );
    const withFailure = fold(asked, [
      { kind: 'fail', id: 0 },
      ...Array.from({ length: λ - 1 }, (_, i): CmaEvent => ({ kind: 'tell', id: i + 1, value: 1 })),
    ]);
    const withWorst = fold(asked, [
      { kind: 'tell', id: 0, value: 1e300 },
      ...Array.from({ length: λ - 1 }, (_, i): CmaEvent => ({ kind: 'tell', id: i + 1, value: i })),
    ]);
    expect(withFailure.distribution).toStrictEqual(withWorst.distribution);
    expect(withFailure.best?.id).toBe(1);
  });

  it('does not count an infrastructure failure', () => {
    const λ = start().options.populationSize;
    const asked = fold(
      start(),
      Array.from({ length: 3 * λ }, () => ({ kind: 'ask' })),
    );
    const state = fold(
      asked,
      Array.from({ length: 3 * λ }, (_, id) => ({ kind: 'forget', id })),
    );
    expect(state.distribution).toStrictEqual(asked.distribution);
    expect(state.buffer).toEqual([]);
    expect(state.open).toEqual([]);
  });

  it('learns nothing from a buffer of failures only, and goes on', () => {
    const λ = start().options.populationSize;
    const asked = fold(
      start(),
      Array.from({ length: λ }, () => ({ kind: 'ask' })),
    );
    const state = fold(
      asked,
      Array.from({ length: λ }, (_, id) => ({ kind: 'fail', id })),
    );
    expect(state.distribution).toStrictEqual({ ...asked.distribution, generation: 1, age: 1 });
    expect(step(state, { kind: 'ask' }).candidate?.generation).toBe(1);
  });

  it('hands out injected points first, in line, and keeps the ids of the others', () => {
    const state = fold(start(), [
      { kind: 'inject', x: [1, 1, 1] },
      { kind: 'inject', x: [0, 0, 0] },
    ]);
    const first = step(state, { kind: 'ask' });
    const second = step(first.state, { kind: 'ask' });
    expect(first.candidate).toEqual({ id: 0, x: [1, 1, 1], generation: 0 });
    expect(second.candidate).toEqual({ id: 1, x: [0, 0, 0], generation: 0 });
    expect(second.state.open.map(({ origin }) => origin)).toEqual(['injected', 'injected']);
    expect(step(second.state, { kind: 'ask' }).candidate).toEqual(
      step(fold(start(), [{ kind: 'ask' }, { kind: 'ask' }]), { kind: 'ask' }).candidate,
    );
  });

  it('treats injected, foreign and older members as not current', () => {
    const λ = start().options.populationSize;
    const ask = { kind: 'ask' } as const;
    // Of λ + 2 candidates the first λ make generation 1, and the last two are older than it.
    const older = fold(start(), [
      ...Array.from({ length: λ + 2 }, () => ask),
      ...Array.from({ length: λ }, (_, id): CmaEvent => ({ kind: 'tell', id, value: id })),
      { kind: 'inject', x: [1, 1, 1] },
      ...Array.from({ length: λ - 3 }, () => ask),
    ]);
    expect(older.distribution.generation).toBe(1);
    const told = fold(older, [
      { kind: 'foreign', x: [0, 1, 0], value: 0 },
      ...older.open.map(({ id }): CmaEvent => ({ kind: 'tell', id, value: -id })),
    ]);
    expect(told.distribution.generation).toBe(2);
    // Ranked by id, the highest first, so that the older ones are where weights are negative.
    const members = [
      ...older.open.map(({ x: point }, i) => ({ x: point, isCurrent: i > 2 })).reverse(),
      { x: [0, 1, 0], isCurrent: false },
    ];
    expect(older.open[2]?.x).toEqual([1, 1, 1]);
    const expected = updateDistribution(
      older.distribution,
      members,
      strategyConstants(DIMENSION, λ),
    );
    expect(told.distribution).toStrictEqual(limitSpread(expected, told.options.sigma));
  });

  it('keeps no negative zero, which JSON would lose', () => {
    const state = fold(start(), [
      { kind: 'inject', x: [-0, 0, 1] },
      { kind: 'foreign', x: [-0, 0, 1], value: -0 },
    ]);
    expect(roundTrip(state)).toStrictEqual(state);
    expect(state.injected).toStrictEqual([[0, 0, 1]]);
  });

  it('counts foreign points towards the update, and remembers the best of them', () => {
    const state = start();
    const foreign = Array.from({ length: state.options.populationSize }, (_, i): CmaEvent => ({
      kind: 'foreign',
      x: [1, 0.5, 0],
      value: i,
    }));
    const after = fold(state, foreign);
    expect(after.distribution.generation).toBe(1);
    expect(after.distribution.mean[0]).toBeGreaterThan(0.5);
    expect(after.distribution.mean[1]).toBe(0.5);
    expect(after.best).toEqual({ id: -1, x: [1, 0.5, 0], value: 0 });
    expect(after.counters.asked).toBe(0);
  });

  it('keeps every standard deviation within a third of the box, or within the initial sigma', () => {
    for (const [sigma, limit] of [
      [0.25, 1 / 3],
      [0.6, 0.6],
    ] as const) {
      let state = createCmaState({ dimension: 2, seed: 1, sigma });
      for (let i = 0; i < 600; i++) {
        // Values that reward distance make the distribution as wide as it may get.
        const { state: asked, candidate } = step(state, { kind: 'ask' });
        const reward = -Math.max(...candidate!.x.map((item) => Math.abs(item - 0.5)));
        state = step(asked, { kind: 'tell', id: candidate!.id, value: reward }).state;
        const { sigma: σ, covariance } = state.distribution;
        expect(σ * Math.sqrt(Math.max(covariance[0]!, covariance[2]!))).toBeLessThan(limit + 1e-12);
      }
    }
  });

  it('goes on answering with finite numbers long after it has converged', () => {
    let state = createCmaState({ dimension: 2, seed: 1, sigma: 1e-12 });
    for (let i = 0; i < 6000; i++) {
      const { state: asked, candidate } = step(state, { kind: 'ask' });
      expect(candidate!.x.every((item) => item >= 0 && item <= 1)).toBe(true);
      state = step(asked, { kind: 'tell', id: candidate!.id, value: 0 }).state;
    }
    expect(parseCmaState(state)).toStrictEqual(state);
  });

  describe('refuses', () => {
    const asked = fold(start(), [{ kind: 'ask' }, { kind: 'ask' }]);

    it.each([2, -1, 0.5, Number.NaN, '0'])('the id %s, which was never asked', (id) => {
      for (const kind of ['tell', 'fail', 'forget'] as const) {
        const event = { kind, id, value: 1 } as CmaEvent;
        expect(() => step(asked, event)).toThrow(/^id: expected an id from 0 to 1, got /);
        expect(() => step(asked, event)).toThrow(CmaEventError);
        expect(() => step(start(), event)).toThrow('nothing was asked yet');
      }
    });

    it.each([Number.NaN, Infinity, -Infinity, '1', null])('the value %s', (bad) => {
      const event = { kind: 'tell', id: 0, value: bad } as CmaEvent;
      expect(() => step(asked, event)).toThrow(/^tell: expected a finite value, got /);
      const foreign = { kind: 'foreign', x: [0, 0, 0], value: bad } as CmaEvent;
      expect(() => step(asked, foreign)).toThrow(/^foreign: expected a finite value, got /);
    });

    it('kinds of events that it does not know', () => {
      const event = { kind: 'stop' } as unknown as CmaEvent;
      expect(() => step(asked, event)).toThrow(
        'kind: expected ask, tell, fail, forget, inject or foreign, got the string "stop"',
      );
    });

    it('points that are not n numbers in the box', () => {
      const inject = (point: unknown) => () =>
        step(asked, { kind: 'inject', x: point as number[] });
      expect(inject([0, 0])).toThrow(
        'inject: expected x as an array of 3 numbers, got an array of 2',
      );
      expect(inject('abc')).toThrow('got the string "abc"');
      expect(inject([0, 1.5, 0])).toThrow('inject: expected x[1] in [0, 1], got 1.5');
      expect(inject([0, 0, Number.NaN])).toThrow('inject: expected x[2] in [0, 1], got NaN');
      expect(() => step(asked, { kind: 'foreign', x: [2, 0, 0], value: 1 })).toThrow(
        'foreign: expected x[0] in [0, 1], got 2',
      );
    });
  });

  it('does nothing, and says so, when an id is answered twice', () => {
    for (const first of ['tell', 'fail', 'forget'] as const) {
      const asked = fold(start(), [{ kind: 'ask' }]);
      const closed = step(asked, { kind: first, id: 0, value: 1 });
      expect(closed.applied).toBe(true);
      for (const second of ['tell', 'fail', 'forget'] as const) {
        const again = step(closed.state, { kind: second, id: 0, value: 2 });
        expect(again.applied).toBe(false);
        expect(again.state).toBe(closed.state);
      }
    }
  });

  it('is what Cma does', () => {
    const es = new Cma({ dimension: DIMENSION, seed: 11 });
    const events: CmaEvent[] = [{ kind: 'ask' }, { kind: 'inject', x: [0, 0, 1] }, { kind: 'ask' }];
    es.ask();
    es.inject([0, 0, 1]);
    es.ask();
    expect(es.state).toStrictEqual(fold(start(), events));
  });
});
