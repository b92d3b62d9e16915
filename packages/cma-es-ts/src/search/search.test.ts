import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CmaEventError, CmaOptionsError, CmaStateError } from '../errors.js';
import { normal, uniform } from '../random.js';
import { deepFreeze } from '../testing/freeze.js';
import type { SearchEvent } from './search-events.js';
import { lossOf, type Objective } from './objective.js';
import { createSearchState, type SearchResult, type SearchState } from './search-state.js';
import { isTrusted, searchStep, surrogateTau } from './search-step.js';
import { Search } from './search.js';

/** Two components, the second behind a gate; the optimum is at 0.3. */
const objective = [{ weight: 1 }, { weight: 0.2, limit: 0.3, penalty: 2 }];

function evaluate(x: readonly number[]): { values: number[]; errors: number[] } {
  const first = x.reduce((sum, value) => sum + (value - 0.3) ** 2, 0);
  return { values: [first, 0.5 - (x[0] ?? 0)], errors: [0.01, 0.02] };
}

function run(search: Search, trials: number): void {
  for (let trial = 0; trial < trials; trial++) {
    const { id, x } = search.ask();
    search.tell(id, evaluate(x));
  }
}

/** As measured, errors or not. */
function exactLoss(objective: Objective, { evaluation }: SearchResult): number {
  return evaluation === null ? Infinity : lossOf(objective, { ...evaluation, errors: null });
}

type Choice = readonly ['ask' | 'tell' | 'fail' | 'forget' | 'inject' | 'foreign', number];

const plans = fc.array(
  fc.tuple(
    fc.constantFrom<Choice[0][]>(
      'ask',
      'ask',
      'tell',
      'tell',
      'fail',
      'forget',
      'inject',
      'foreign',
    ),
    fc.nat(1000),
  ),
  { maxLength: 80 },
);

function toEvent(state: SearchState, [kind, pick]: Choice): SearchEvent {
  const x = Array.from({ length: state.options.dimension }, (_, j) => uniform(9, pick, j));
  const open = state.open[pick % Math.max(1, state.open.length)];
  // Ids that are no longer open and such as never were are events, too.
  const id = pick % 5 === 0 ? pick % Math.max(1, state.counters.asked) : (open?.id ?? 0);
  switch (kind) {
    case 'ask':
      return { kind };
    case 'tell':
      return { kind, id, ...evaluate(state.open.find((one) => one.id === id)?.x ?? x) };
    case 'fail':
    case 'forget':
      return { kind, id };
    case 'inject':
      return { kind, x };
    case 'foreign':
      return { kind, x, ...evaluate(x) };
  }
}

describe('searchStep', () => {
  it('is a pure function that goes on from its JSON bit by bit, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(plans, fc.constantFrom('single', 'duo'), (plan, start) => {
        let state = createSearchState({
          dimension: 3,
          seed: 5,
          objective,
          start: start,
          surrogate: { after: 6, pool: 4 },
          cma: { populationSize: 4 },
        });
        let restored = state;
        for (const choice of plan) {
          const event = toEvent(state, choice);
          const isUnknown = 'id' in event && event.id >= state.counters.asked;
          if (isUnknown) {
            expect(() => searchStep(state, event)).toThrow(CmaEventError);
            continue;
          }
          state = deepFreeze(searchStep(state, event).state);
          const parsed = Search.fromJSON(JSON.parse(JSON.stringify(restored))).state;
          restored = searchStep(parsed, event).state;
          expect(JSON.stringify(restored)).toBe(JSON.stringify(state));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('does nothing when an id is told twice', () => {
    const search = new Search({ dimension: 2, seed: 1 });
    const { id } = search.ask();
    expect(search.tell(id, 1)).toBe(true);
    const { state } = search;
    expect(search.tell(id, 2)).toBe(false);
    expect(search.fail(id)).toBe(false);
    expect(search.state).toBe(state);
  });

  it('refuses what it cannot fold, and says what it expected', () => {
    const search = new Search({ dimension: 2, seed: 1, objective });
    const { id } = search.ask();
    const { state } = search;
    expect(() => search.tell(7, { values: [1, 2] })).toThrow('expected an id from 0 to 0, got 7');
    expect(() => search.tell(id, 1)).toThrow('expected values as 2 numbers');
    expect(() => search.tell(id, { values: [1, Number.NaN] })).toThrow('values[1], got NaN');
    expect(() => search.tell(id, { values: [1, 1], errors: [0, -1] })).toThrow('errors[1], got -1');
    expect(() => search.tell(id, { values: [Infinity, 0] })).toThrow('fail or forget');
    expect(() => {
      search.inject([0.5]);
    }).toThrow('an array of 2 numbers');
    expect(() => {
      search.tellForeign([0.5, 2], { values: [1, 1] });
    }).toThrow('x[1] in [0, 1]');
    expect(search.state).toBe(state);
  });

  it('hands out injected points first, in line', () => {
    const search = new Search({ dimension: 2, seed: 1 });
    search.inject([0.1, 0.2]);
    search.inject([0.3, 0.4]);
    expect([search.ask(), search.ask()].map(({ x, source }) => [x, source])).toEqual([
      [[0.1, 0.2], 'injected'],
      [[0.3, 0.4], 'injected'],
    ]);
    expect(search.ask().source).toBe('sampled');
  });

  it('never waits, and the surrogate chooses no point that is being evaluated', () => {
    const search = new Search({ dimension: 3, seed: 1, surrogate: { after: 4 } });
    for (let trial = 0; trial < 10; trial++) {
      const { id, x } = search.ask();
      search.tell(id, evaluate(x).values[0] ?? 0);
    }
    const asked = Array.from({ length: 40 }, () => search.ask());
    const screened = asked.filter(({ source }) => source === 'screened');
    expect(screened.length).toBeGreaterThan(20);
    expect(new Set(screened.map(({ x }) => JSON.stringify(x))).size).toBe(screened.length);
  });

  it('proposes what depends on the results, not on the order in which they were asked for', () => {
    const tell = (order: readonly number[]): string => {
      const search = new Search({ dimension: 3, seed: 1, surrogate: null, start: 'single' });
      const asked = Array.from({ length: 7 }, () => search.ask());
      for (const i of order) search.tell(asked[i]!.id, evaluate(asked[i]!.x).values[0] ?? 0);
      return JSON.stringify(search.ask().x);
    };
    expect(tell([0, 1, 2, 3, 4, 5, 6])).toBe(tell([6, 3, 0, 5, 1, 4, 2]));
  });
});

describe('a duo', () => {
  it('takes turns until both arms have a population of results, then the worse one stops', () => {
    const search = new Search({ dimension: 4, seed: 3, surrogate: null });
    search.tellForeign([0.3, 0.3, 0.3, 0.3], 0);
    const lambda = search.state.options.cma.populationSize;
    for (let trial = 0; trial < 2 * lambda; trial++) {
      expect(search.state.live).toEqual([0, 1]);
      const { id, x } = search.ask();
      search.tell(id, evaluate(x).values[0] ?? 0);
    }
    expect(search.state.live).toEqual([1]);
    expect(search.state.arms.map(({ counted }) => counted)).toEqual([lambda, lambda]);
  });

  it('gives the best known points, and no bad ones, to the second arm only', () => {
    const search = new Search({ dimension: 4, seed: 3, surrogate: null });
    const lambda = search.state.options.cma.populationSize;
    search.tellForeign([1, 1, 1, 1], 9);
    search.tellForeign([0.3, 0.3, 0.3, 0.3], 0);
    search.tellForeign([0.3, 0.3, 0.3, 0.4], 0.01);
    for (let trial = 0; trial < 2 * lambda; trial++) {
      const { id, x } = search.ask();
      search.tell(id, evaluate(x).values[0] ?? 0);
    }
    const [centred, informed] = search.state.arms.map(({ cma }) => cma);
    expect(centred?.counters.foreign).toBe(0);
    expect(informed?.counters.foreign).toBe(Math.floor(lambda / 3));
    expect(search.state.known).toEqual([]);
  });

  it('counts a failure of every sample as worst, and goes on', () => {
    const search = new Search({ dimension: 2, seed: 1, start: 'duo' });
    for (let trial = 0; trial < 60; trial++) search.fail(search.ask().id);
    expect(search.state.counters.failed).toBe(60);
    expect(search.state.live).toHaveLength(1);
    expect(search.finalists(3)).toEqual([]);
  });
});

describe('the surrogate', () => {
  const countTo = (target: number, surrogate: null | object): number => {
    const search = new Search({ dimension: 6, seed: 2, start: 'single', surrogate });
    for (let trial = 1; trial <= 400; trial++) {
      const { id, x } = search.ask();
      const value = evaluate(x).values[0] ?? 0;
      search.tell(id, value);
      if (value < target) return trial;
    }
    return Infinity;
  };

  it('needs fewer evaluations than sampling alone', () => {
    expect(countTo(0.01, {})).toBeLessThan(0.8 * countTo(0.01, null));
  });

  it('chooses nothing while it ranks plain samples no better than chance', () => {
    const noise = new Search({ dimension: 4, seed: 7, surrogate: { minTau: 0.5 } });
    for (let trial = 0; trial < 120; trial++) {
      const { id } = noise.ask();
      noise.tell(id, normal(31, id, 0));
    }
    expect(surrogateTau(noise.state)).toBeLessThan(0.5);
    expect(isTrusted(noise.state)).toBe(false);
    expect(noise.ask().source).toBe('sampled');
  });

  it('leaves every fourth proposal to sampling, by which it is judged', () => {
    const search = new Search({ dimension: 4, seed: 1, objective, start: 'single' });
    run(search, 10);
    const sources = Array.from({ length: 8 }, () => {
      const { id, x, source } = search.ask();
      search.tell(id, evaluate(x));
      return source;
    });
    expect(sources.filter((source) => source === 'sampled')).toHaveLength(2);
    expect(sources.filter((source) => source === 'screened')).toHaveLength(6);
  });
});

describe('finalists', () => {
  it('names the best measured first where values are exact', () => {
    const search = new Search({ dimension: 4, seed: 1 });
    for (let trial = 0; trial < 40; trial++) {
      const { id, x } = search.ask();
      search.tell(id, evaluate(x).values[0] ?? 0);
    }
    const [first, ...others] = search.finalists(5);
    expect(first?.measuredRank).toBe(1);
    expect(others).toHaveLength(4);
  });

  it('does not ship what passed a gate by luck where values have errors', () => {
    const gated = [{ weight: 1 }, { weight: 0, limit: 0.2, penalty: 5 }];
    const error = 0.05;
    let [believed, measured] = [0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      const search = new Search({ dimension: 4, seed, objective: gated });
      for (let trial = 0; trial < 80; trial++) {
        const { id, x } = search.ask();
        const values = evaluate(x).values.map(
          (value, i) => value + error * normal(seed, id, 50 + i),
        );
        search.tell(id, { values, errors: [error, error] });
      }
      const worth = (x: readonly number[] = []): number =>
        lossOf(gated, { values: evaluate(x).values, errors: null });
      const { history } = search.state;
      const luckiest = history.toSorted(
        (left, right) => exactLoss(gated, left) - exactLoss(gated, right),
      );
      believed += worth(search.finalists(1)[0]?.x);
      measured += worth(luckiest[0]?.x);
    }
    expect(believed).toBeLessThan(measured);
  });

  it('are as many as asked for, or as there are', () => {
    const search = new Search({ dimension: 2, seed: 1 });
    expect(search.finalists(3)).toEqual([]);
    search.tell(search.ask().id, 1);
    expect(search.finalists(3)).toHaveLength(1);
    expect(search.finalists(0)).toEqual([]);
  });
});

describe('createSearchState', () => {
  it.each([
    ['objective', { objective: [] }],
    ['objective[0].weight', { objective: [{ weight: Number.NaN }] }],
    ['objective[0].penalty', { objective: [{ weight: 1, penalty: 1 }] }],
    ['surrogate.pool', { surrogate: { pool: 1 } }],
    ['surrogate.minTau', { surrogate: { minTau: 2 } }],
    ['start', { start: 'trio' as 'duo' }],
    ['sigma', { cma: { sigma: -1 } }],
  ])('refuses a wrong %s by its name', (option, options) => {
    const create = (): unknown => createSearchState({ dimension: 2, seed: 1, ...options });
    expect(create).toThrow(CmaOptionsError);
    expect(create).toThrow(option);
  });
});

describe('Search.fromJSON', () => {
  const saved = (): Record<string, unknown> => {
    const search = new Search({ dimension: 2, seed: 1, objective, surrogate: { after: 4 } });
    run(search, 12);
    search.ask();
    return JSON.parse(JSON.stringify(search)) as Record<string, unknown>;
  };

  it.each([
    ['version', { version: 0 }],
    ['arms', { arms: [] }],
    ['live', { live: [5] }],
    ['history[0]', { history: [1] }],
    ['surrogate.models', { surrogate: { models: [{}], fittedTo: 0, probes: [] } }],
    ['open[0].x', { open: [{ id: 0, x: [2, 2] }] }],
  ])('refuses a state with a wrong %s', (place, change) => {
    const restore = (): unknown => Search.fromJSON({ ...saved(), ...change });
    expect(restore).toThrow(CmaStateError);
    expect(restore).toThrow(place);
  });
});
