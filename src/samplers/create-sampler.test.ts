import { describe, expect, it } from 'vitest';
import { createSearchSpace } from '../space/search-space.js';
import { specFixture } from '../space/sweep-spec.fixture.js';
import { createSampler, foldEvents, restoreSampler, samplerKinds } from './create-sampler.js';
import { itBehavesLikeASampler, outcomeOf, toOutcome } from './sampler.cases.js';
import type { OptimizerEvent, Sampler } from './sampler.js';

const spec = specFixture();
const space = createSearchSpace(spec);

for (const [name, kind] of Object.entries(samplerKinds)) {
  describe(name, () => {
    itBehavesLikeASampler({
      space,
      create: (seed) => kind.create(specFixture({ seed }), space),
      restore: (state) => kind.restore(specFixture({ seed: 1 }), space, state),
      learns: name !== 'random' && name !== 'sobol',
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
      const tell = { kind: 'tell', trial: ask.trial, ...outcomeOf(candidate!) } as const;
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
    const sampler = createSampler(specFixture({ optimizer: 'start: single' }), space);
    const told = Array.from({ length: 6 }, (_, index) => {
      const trial = String(index);
      const candidate = sampler.apply({ kind: 'ask', trial })!;
      sampler.apply({ kind: 'tell', trial, ...toOutcome(candidate.vector[0]!) });
      return candidate.vector[0]!;
    });
    const state = sampler.toJSON() as unknown as {
      search: { arms: { cma: { distribution: { mean: number[] } } }[] };
    };
    const mean = told.reduce((sum, value) => sum + value, 0) / told.length;
    expect(state.search.arms[0]?.cma.distribution.mean[0]).toBeGreaterThan(mean);
  });
});

describe('cma-es', () => {
  const tell = (sampler: Sampler, trial: string, fitness?: number) => {
    const candidate = sampler.apply({ kind: 'ask', trial })!;
    const outcome = fitness === undefined ? outcomeOf(candidate) : toOutcome(fitness);
    sampler.apply({ kind: 'tell', trial, ...outcome });
  };

  it('refuses a result without its tasks, which an older version wrote', () => {
    const sampler = createSampler(spec, space);
    sampler.apply({ kind: 'ask', trial: '1' });
    expect(() => sampler.apply({ kind: 'tell', trial: '1', fitness: 0 })).toThrow(
      'expected what came of 2 tasks, got 0',
    );
  });

  it('says of its surrogate that it is unproven, and then how well it predicts', () => {
    const sampler = createSampler(spec, space);
    expect(sampler.diagnostics()).toMatchObject({
      arms: 'uninformed and informed',
      surrogate: 'unproven',
    });
    for (let trial = 1; trial <= 60; trial++) tell(sampler, String(trial));
    const { surrogate, surrogateTau, screenedShare, arms } = sampler.diagnostics();
    expect(surrogate).toBe('trusted');
    expect(surrogateTau).toBeGreaterThan(0);
    expect(screenedShare).toBeGreaterThan(0.3);
    expect(['uninformed', 'informed']).toContain(arms);
  });

  it('is plain where surrogate and duo are off, and says so', () => {
    const plain = specFixture({ optimizer: 'start: single, surrogate: off' });
    const sampler = createSampler(plain, space);
    for (let trial = 1; trial <= 20; trial++) tell(sampler, String(trial));
    const diagnostics = sampler.diagnostics();
    expect(diagnostics).toMatchObject({ arms: 'single', surrogate: 'off' });
    expect(diagnostics).not.toHaveProperty('surrogateTau');
    expect(diagnostics).not.toHaveProperty('screenedShare');
  });

  it('says when its candidates no longer differ', () => {
    const sampler = createSampler(
      specFixture({ optimizer: 'start: single, surrogate: off' }),
      space,
    );
    for (let trial = 1; trial <= 260; trial++) tell(sampler, String(trial), 0.5);
    expect(sampler.diagnostics()['converged']).toContain('tolfun');
  });
});
