import { describe, expect, it } from 'vitest';
import { knownPoints } from './known-points.js';
import { createSearchSpace } from './search-space.js';
import { specFixture, type SpecFixtureOptions } from './sweep-spec.fixture.js';

const known = (options: SpecFixtureOptions) => {
  const spec = specFixture(options);
  const space = createSearchSpace(spec);
  return Object.fromEntries(
    [...knownPoints(spec, space)].map(([label, vector]) => [
      label,
      space.toCandidate(vector).params,
    ]),
  );
};
const wide = '{weight: {min: -0.5, max: 1.5}, density: {min: 0.3, max: 0.9}}';

describe('knownPoints', () => {
  it('are the parents and the base where their weights lie in the box, density at its maximum', () => {
    const densities = { 'density.a': 0.9, 'density.b': 0.9 };
    expect(known({ parameters: wide })).toEqual({
      a: { 'weight.a': 1, 'weight.b': 0, ...densities },
      b: { 'weight.a': 0, 'weight.b': 1, ...densities },
      base: { 'weight.a': 0, 'weight.b': 0, ...densities },
    });
  });

  it('are all in the usual box, and none in one that keeps away from the parents', () => {
    expect(Object.keys(known({}))).toEqual(['a', 'b', 'base']);
    expect(known({ parameters: '{weight: {min: 0.2, max: 0.8}}' })).toEqual({});
  });

  it('do not hold a parent whose partner has a fixed weight', () => {
    expect(Object.keys(known({ parameters: wide, ofFirst: '{weight: 1}' }))).toEqual(['a']);
  });

  it('need a scale of 1 where the whole task vector is scaled', () => {
    const having = (lambda: string) =>
      Object.keys(known({ parameters: `{weight: {min: 0, max: 1}, lambda: ${lambda}}` }));
    expect(having('{min: 0.5, max: 2}')).toEqual(['a', 'b', 'base']);
    expect(having('{min: 1.5, max: 2}')).toEqual([]);
    expect(having('1.5')).toEqual([]);
  });

  it('do not hold the base where weights are normalised, or where there is no base to go back to', () => {
    expect(Object.keys(known({ parameters: wide, genome: 'normalize: true' }))).toEqual(['a', 'b']);
    const weight = '{weight: {min: 0, max: 1}}';
    expect(Object.keys(known({ method: 'linear', parameters: weight }))).toEqual(['a', 'b']);
  });

  it('hold TIES at its defaults in a sweep over TIES that has them in its box', () => {
    const box = '{weight: {min: 0.5, max: 1}, density: {min: 0.5, max: 1}}';
    expect(known({ method: 'ties', parameters: box })).toEqual({
      ties: { 'weight.a': 1, 'weight.b': 1, 'density.a': 1, 'density.b': 1 },
    });
    expect(known({ method: 'ties', parameters: box, genome: 'normalize: false' })).toEqual({});
    expect(known({ method: 'dare_ties', parameters: box })).toEqual({});
  });
});
