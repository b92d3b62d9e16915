import { suggest } from '../spec/suggest.js';
import type { Params, SearchSpace } from './search-space.js';

/** Why `params` is no point of the box, one sentence each; none where it is one. */
export function listPointProblems(space: SearchSpace, params: Params): string[] {
  const { dimensions } = space;
  const names = dimensions.map(({ name }) => name);
  const unknown = Object.keys(params).flatMap((name) => {
    if (names.includes(name)) return [];
    const nearest = suggest(name, names);
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    return [`${name} is not a number that this sweep searches${meant}`];
  });
  const problems = dimensions.flatMap((dimension) => {
    const { name, min, max } = dimension;
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) return [`${name} is missing (searched from ${min} to ${max})`];
    const isWithin = value >= min && value <= max;
    return isWithin ? [] : [`${name} is ${value}; it is searched from ${min} to ${max}`];
  });
  const all = [...unknown, ...problems];
  return all.length > 0 || space.toVector(params) !== undefined ? all : ['it lies outside the box'];
}
