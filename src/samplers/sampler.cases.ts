/** What every sampler must keep to, as cases that each sampler's test runs. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate, SearchSpace } from '../space/search-space.js';
import type { OptimizerEvent, Outcome, Sampler } from './sampler.js';

export interface SamplerSubject {
  readonly space: SearchSpace;
  /** Equal seeds give equal samplers. */
  readonly create: (seed: number) => Sampler;
  readonly restore: (state: unknown) => Sampler;
  /** Whether later candidates are better than the first. */
  readonly learns: boolean;
}

/** A smooth function of the point, maximal away from centre and bounds. */
export function fitnessOf({ vector }: Candidate): number {
  return -vector.reduce((sum, unit, index) => sum + (unit - 0.3 - 0.05 * index) ** 2, 0);
}

/** That fitness as the mean of the two tasks of `specFixture`, which differ. */
export function outcomeOf(candidate: Candidate): Outcome {
  return toOutcome(fitnessOf(candidate), 0.1 * (candidate.vector[0] ?? 0));
}

/** A fitness as the mean of two tasks that lie `gap` above and below. */
export function toOutcome(fitness: number, gap = 0): Outcome {
  const task = (value: number) =>
    ({ value, error: 0.01, direction: 'maximize', share: 0.5 }) as const;
  return { fitness, tasks: [task(fitness + gap), task(fitness - gap)] };
}

type Choice = readonly ['ask' | 'tell' | 'fail' | 'forget' | 'foreign' | 'inject', number];

const choices = fc.array(
  fc.tuple(
    fc.constantFrom<Choice[0][]>(
      'ask',
      'ask',
      'tell',
      'tell',
      'fail',
      'forget',
      'foreign',
      'inject',
    ),
    fc.nat(1000),
  ),
  { maxLength: 60 },
);

/** Events that make sense one after the other: a trial ends once, after it was asked for. */
function play(sampler: Sampler, space: SearchSpace, plan: readonly Choice[]): OptimizerEvent[] {
  const open: { trial: string; candidate: Candidate }[] = [];
  const events: OptimizerEvent[] = [];
  const apply = (event: OptimizerEvent) => {
    events.push(event);
    return sampler.apply(event);
  };
  for (const [kind, pick] of plan) {
    if (kind === 'ask') {
      const trial = String(events.length);
      const candidate = apply({ kind, trial });
      if (candidate === undefined) throw new Error('ask gave no candidate');
      open.push({ trial, candidate });
    } else if (kind === 'foreign' || kind === 'inject') {
      const vector = space.dimensions.map((_, index) => ((pick * (index + 1)) % 100) / 100);
      apply({ kind, trial: 'b', vector, ...toOutcome(pick / 1000) });
    } else if (open.length > 0) {
      const [ended] = open.splice(pick % open.length, 1);
      if (ended === undefined) throw new Error('an open trial was there');
      const { trial, candidate } = ended;
      apply(kind === 'tell' ? { kind, trial, ...outcomeOf(candidate) } : { kind, trial });
    }
  }
  return events;
}

const json = (sampler: Sampler): unknown => JSON.parse(JSON.stringify(sampler.toJSON()));

export function itBehavesLikeASampler({ space, create, restore, learns }: SamplerSubject): void {
  it('is a pure function of its events, whatever their order', () => {
    fc.assert(
      fc.property(choices, (plan) => {
        const first = create(1);
        const events = play(first, space, plan);
        const second = create(1);
        for (const event of events) second.apply(event);
        expect(JSON.stringify(second.toJSON())).toBe(JSON.stringify(first.toJSON()));
      }),
      { numRuns: 30 },
    );
  });

  it('goes on from its JSON bit for bit', () => {
    fc.assert(
      fc.property(choices, (plan) => {
        const sampler = create(1);
        play(sampler, space, plan);
        const restored = restore(json(sampler));
        expect(restored.toJSON()).toEqual(sampler.toJSON());
        const asked = { kind: 'ask', trial: 'next' } as const;
        expect(restored.apply(asked)).toEqual(sampler.apply(asked));
        expect(json(restored)).toEqual(json(sampler));
      }),
      { numRuns: 30 },
    );
  });

  it('proposes points of the space, with params that give the vector back', () => {
    const sampler = create(1);
    for (let trial = 0; trial < 100; trial++) {
      const candidate = sampler.apply({ kind: 'ask', trial: String(trial) });
      if (candidate === undefined) throw new Error('ask gave no candidate');
      for (const { name, min, max } of space.dimensions) {
        expect(candidate.params[name]).toBeGreaterThanOrEqual(min);
        expect(candidate.params[name]).toBeLessThanOrEqual(max);
      }
      const vector = space.toVector(candidate.params) ?? [];
      candidate.vector.forEach((unit, index) => {
        expect(vector[index]).toBeCloseTo(unit, 12);
      });
      sampler.apply({ kind: 'tell', trial: String(trial), ...outcomeOf(candidate) });
    }
  });

  it.runIf(learns)('maximises', () => {
    const sampler = create(1);
    const told = Array.from({ length: 150 }, (_, index) => {
      const trial = String(index);
      const candidate = sampler.apply({ kind: 'ask', trial });
      if (candidate === undefined) throw new Error('ask gave no candidate');
      sampler.apply({ kind: 'tell', trial, ...outcomeOf(candidate) });
      return fitnessOf(candidate);
    });
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(told.slice(-20))).toBeGreaterThan(mean(told.slice(0, 20)) / 10);
  });

  it('searches differently under another seed', () => {
    const asked = { kind: 'ask', trial: '1' } as const;
    expect(create(2).apply(asked)).not.toEqual(create(1).apply(asked));
  });

  it('never waits: any number of trials may be open', () => {
    const sampler = create(1);
    const points = Array.from({ length: 50 }, (_, trial) =>
      JSON.stringify(sampler.apply({ kind: 'ask', trial: String(trial) })?.vector),
    );
    expect(new Set(points).size).toBe(50);
  });

  it('refuses the end of a trial that is not open', () => {
    const sampler = create(1);
    sampler.apply({ kind: 'ask', trial: '1' });
    expect(() => sampler.apply({ kind: 'ask', trial: '1' })).toThrow('asked for twice');
    sampler.apply({ kind: 'tell', trial: '1', ...toOutcome(0) });
    expect(() => sampler.apply({ kind: 'tell', trial: '1', ...toOutcome(0) })).toThrow('not open');
    expect(() => sampler.apply({ kind: 'forget', trial: '2' })).toThrow('not open');
  });

  it('hands out injected points first, in their order, and then its own', () => {
    const sampler = create(1);
    const points = [0.25, 0.75].map((unit) => space.dimensions.map(() => unit));
    for (const vector of points) sampler.apply({ kind: 'inject', trial: 'i', vector });
    const asked = ['1', '2', '3'].map((trial) => sampler.apply({ kind: 'ask', trial })?.vector);
    expect(asked.slice(0, 2)).toEqual(points);
    expect(points).not.toContainEqual(asked[2]);
  });

  it('names every told trial once as a finalist, the best measured among the first two', () => {
    const sampler = create(1);
    const told: { trial: string; fitness: number }[] = [];
    for (let number = 1; number <= 25; number++) {
      const trial = String(number);
      const candidate = sampler.apply({ kind: 'ask', trial });
      if (candidate === undefined) throw new Error('ask gave no candidate');
      if (number % 5 === 0) {
        sampler.apply({ kind: 'fail', trial });
        continue;
      }
      sampler.apply({ kind: 'tell', trial, ...outcomeOf(candidate) });
      told.push({ trial, fitness: fitnessOf(candidate) });
    }
    const vector = space.dimensions.map(() => 0.5);
    sampler.apply({ kind: 'foreign', trial: 'b1', vector, ...toOutcome(-9) });
    const before = json(sampler);
    const finalists = sampler.finalists();
    expect(json(sampler)).toEqual(before);
    expect(finalists.toSorted()).toEqual(told.map(({ trial }) => trial).toSorted());
    const best = told.reduce((a, b) => (b.fitness > a.fitness ? b : a));
    expect(finalists.slice(0, 2)).toContain(best.trial);
  });

  it('has finite diagnostics from the start', () => {
    for (const value of Object.values(create(1).diagnostics())) {
      expect(typeof value === 'string' || Number.isFinite(value)).toBe(true);
    }
  });
}
