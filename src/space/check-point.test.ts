import { describe, expect, it } from 'vitest';
import { createSearchSpace } from './search-space.js';
import { listPointProblems } from './check-point.js';
import { specFixture } from './sweep-spec.fixture.js';

describe('listPointProblems', () => {
  const space = createSearchSpace(specFixture({ parameters: '{density: {min: 0.3, max: 0.9}}' }));
  const inside = space.toCandidate(space.dimensions.map(() => 0.5)).params;
  const [first] = space.dimensions;
  const name = first?.name ?? '';

  it('has none with a point of the box, its bounds included', () => {
    expect(listPointProblems(space, inside)).toEqual([]);
    for (const bound of [0, 1]) {
      const { params } = space.toCandidate(space.dimensions.map(() => bound));
      expect(listPointProblems(space, params)).toEqual([]);
    }
  });

  it('names what lies outside, what is missing and what is unknown, all at once', () => {
    const { [name]: _, ...rest } = inside;
    const other = space.dimensions[1];
    const point = { ...rest, [other?.name ?? '']: (other?.max ?? 0) + 1, [`${name}x`]: 1 };
    expect(listPointProblems(space, point)).toEqual([
      `${name}x is not a number that this sweep searches; did you mean ${name}?`,
      `${name} is missing (searched from ${first?.min} to ${first?.max})`,
      `${other?.name} is ${(other?.max ?? 0) + 1}; it is searched from ${other?.min} to ${other?.max}`,
    ]);
  });

  it('takes no inherited name for a value', () => {
    expect(listPointProblems(space, Object.create(inside) as typeof inside)).toHaveLength(
      space.dimensions.length,
    );
  });
});
