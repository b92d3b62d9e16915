import { describe, expect, it } from 'vitest';
import { createSearchSpace } from '../space/search-space.js';
import { specFixture } from '../space/sweep-spec.fixture.js';
import { createSampler, foldEvents, restoreSampler, samplerKinds } from './create-sampler.js';
import { fitnessOf, itBehavesLikeASampler } from './sampler.cases.js';
import type { OptimizerEvent } from './sampler.js';

const spec = specFixture();
const space = createSearchSpace(spec);

for (const [name, kind] of Object.entries(samplerKinds)) {
  describe(name, () => {
    itBehavesLikeASampler({
      space,
      create: (seed) => kind.create(specFixture({ seed }), space),
      restore: (state) => kind.restore(space, state),
    });
  });
}

describe('foldEvents', () => {
  it('gives the sampler that the same events made one by one', () => {
    const sampler = createSampler(spec, space);
    const events: OptimizerEvent[] = [];
    for (let trial = 1; trial <= 30; trial++) {
      const ask = { kind: 'ask', trial: String(trial) } as const;
      const candidate = sampler.apply(ask);
      const tell = { kind: 'tell', trial: ask.trial, fitness: fitnessOf(candidate!) } as const;
      sampler.apply(tell);
      events.push(ask, tell);
      const folded = foldEvents(spec, space, events);
      expect(JSON.stringify(folded)).toBe(JSON.stringify(sampler));
    }
    expect(JSON.stringify(restoreSampler(spec, space, sampler.toJSON()))).toBe(
      JSON.stringify(sampler),
    );
  });

  it('prefers higher fitness: after an update the mean lies nearer to the best told point', () => {
    const sampler = createSampler(spec, space);
    const told = Array.from({ length: 6 }, (_, index) => {
      const trial = String(index);
      const candidate = sampler.apply({ kind: 'ask', trial })!;
      sampler.apply({ kind: 'tell', trial, fitness: candidate.vector[0]! });
      return candidate.vector[0]!;
    });
    const state = sampler.toJSON() as { cma: { distribution: { mean: number[] } } };
    const mean = told.reduce((sum, value) => sum + value, 0) / told.length;
    expect(state.cma.distribution.mean[0]).toBeGreaterThan(mean);
  });
});
