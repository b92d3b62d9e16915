import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveParameters } from './parameters.js';
import { createSearchSpace } from './search-space.js';
import { specFixture } from './sweep-spec.fixture.js';

const names = (spec = specFixture()) => createSearchSpace(spec).dimensions.map(({ name }) => name);

describe('createSearchSpace', () => {
  it('orders dimensions per parameter, per parent as in the file, whole-merge ones last', () => {
    expect(names(specFixture({ parameters: '{lambda: {min: 0.5, max: 1.5}}' }))).toEqual([
      'weight.a',
      'weight.b',
      'density.a',
      'density.b',
      'lambda',
    ]);
  });

  it("takes the parent's range before the sweep's, and that before the method's default", () => {
    const spec = specFixture({
      parameters: '{weight: {min: 0.1, max: 0.9}}',
      ofFirst: '{weight: {min: 0.4, max: 0.5}}',
    });
    expect(createSearchSpace(spec).dimensions).toMatchObject([
      { name: 'weight.a', parent: 'a', parameter: 'weight', min: 0.4, max: 0.5 },
      { name: 'weight.b', parent: 'b', min: 0.1, max: 0.9 },
      { name: 'density.a', min: 0.1, max: 0.999 },
      { name: 'density.b', min: 0.1, max: 0.999 },
    ]);
  });

  it('starts where little is dropped, at weights that sum to 1.5 at most', () => {
    expect(createSearchSpace(specFixture()).start).toEqual([0.5, 0.5, 1, 1]);
    const narrow = specFixture({
      parameters:
        '{weight: {min: 0.6, max: 0.8}, density: {min: 0.3, max: 0.9}, lambda: {min: 1, max: 2}}',
    });
    expect(createSearchSpace(narrow).start).toEqual([0, 0, 1, 1, 0.5]);
  });

  it('does not search what is fixed to a number', () => {
    const spec = specFixture({ parameters: '{density: 0.5}', ofFirst: '{weight: 1}' });
    expect(names(spec)).toEqual(['weight.b']);
    expect(resolveParameters(spec).map(({ name, setting }) => [name, setting])).toEqual([
      ['weight.a', 1],
      ['weight.b', { min: 0, max: 1 }],
      ['density.a', 0.5],
      ['density.b', 0.5],
    ]);
  });

  it("keeps DARE's density below 1, where mergekit would skip the draw", () => {
    const spec = specFixture({
      parameters: '{density: {min: 0.5, max: 1}}',
      ofFirst: '{density: 1}',
    });
    expect(createSearchSpace(spec).dimensions.at(-1)).toMatchObject({ min: 0.5, max: 0.999 });
    expect(resolveParameters(spec).find(({ name }) => name === 'density.a')?.setting).toBe(0.999);
  });

  it('lets TIES keep everything: it draws no mask', () => {
    const spec = specFixture({ method: 'ties', parameters: '{density: {min: 0.5, max: 1}}' });
    expect(createSearchSpace(spec).dimensions.at(-1)).toMatchObject({ max: 1 });
  });

  it('refuses a method it does not know, by name', () => {
    const spec = specFixture();
    const { genome } = spec.file;
    const file = { ...spec.file, genome: { ...genome, merge_method: 'slerp' } };
    expect(() => createSearchSpace({ ...spec, file })).toThrow('slerp is not a merge method');
  });
});

describe('toCandidate and toVector', () => {
  const range = fc
    .tuple(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.double({ min: 1e-3, max: 2, noNaN: true }),
    )
    // The YAML below writes -0 as 0.
    .map(([min, width]) => ({ min: min + 0, max: Math.min(2, min + width) }))
    .filter(({ min, max }) => max - min > 1e-6);
  const unit = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));

  it('hit both bounds exactly', () => {
    fc.assert(
      fc.property(range, ({ min, max }) => {
        const space = createSearchSpace(
          specFixture({ parameters: `{weight: {min: ${min}, max: ${max}}, density: 0.5}` }),
        );
        expect(space.toCandidate([0, 1]).params).toEqual({ 'weight.a': min, 'weight.b': max });
        expect(space.toVector({ 'weight.a': min, 'weight.b': max })).toEqual([0, 1]);
      }),
      { numRuns: 50 },
    );
  });

  it('hit the upper bound also where min + (max - min) rounds below it', () => {
    const space = createSearchSpace(
      specFixture({ parameters: '{weight: {min: -0.74, max: 1.81}, density: 0.5}' }),
    );
    expect(space.toCandidate([1, 1]).params['weight.a']).toBe(1.81);
  });

  it('are inverse to each other within the box', () => {
    const space = createSearchSpace(specFixture());
    fc.assert(
      fc.property(fc.array(unit, { minLength: 4, maxLength: 4 }), (vector) => {
        const back = space.toVector(space.toCandidate(vector).params);
        back?.forEach((value, index) => {
          expect(Math.abs(value - vector[index]!)).toBeLessThanOrEqual(1e-12);
        });
        expect(back).toHaveLength(4);
      }),
    );
  });

  it('know what lies outside the box, and forgive rounding at a bound', () => {
    const parameters = '{weight: {min: 0.2, max: 0.8}, density: {min: 0.3, max: 0.9}}';
    const space = createSearchSpace(specFixture({ parameters }));
    const { params } = space.toCandidate([0, 0.5, 0.5, 1]);
    const at = (change: Record<string, number>) => space.toVector({ ...params, ...change });
    expect(at({ 'weight.a': 0.2 - 1e-14 })?.[0]).toBe(0);
    expect(at({ 'weight.a': 0.2 - 1e-9 })).toBeUndefined();
    expect(at({ 'density.b': 0.95 })).toBeUndefined();
    expect(at({ 'weight.b': Number.NaN })).toBeUndefined();
    const { 'weight.a': _, ...lacking } = params;
    expect(space.toVector(lacking)).toBeUndefined();
  });

  it('refuse a vector that is not of the box', () => {
    const space = createSearchSpace(specFixture());
    expect(() => space.toCandidate([0.5])).toThrow('has 4 coordinates, got 1');
    expect(() => space.toCandidate([0.5, 0.5, 0.5, 1.1])).toThrow('density.b must lie in the unit');
    expect(() => space.toCandidate([0.5, Number.NaN, 0.5, 1])).toThrow('weight.b');
  });
});
