import { isRange } from '../merge/methods.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { methodOf, resolveParameters, type ResolvedParameter } from './parameters.js';
import type { Params, SearchSpace } from './search-space.js';

/**
 * Points of the box whose merge needs no making, by the label of the baseline that scores it: a parent
 * (its own weight 1, the others' 0, everything kept) and the base (all weights 0); `ties` where the
 * sweep's own method at some point of the box is TIES at its defaults. A parent's is as near as the
 * box comes: where it ends at a density of 0.9, DARE would have drawn a tenth away.
 */
export function knownPoints(spec: SweepSpec, space: SearchSpace): ReadonlyMap<string, number[]> {
  const parameters = resolveParameters(spec);
  const isDelta = methodOf(spec).needsBase;
  const { normalize, rescale } = spec.file.genome;
  const candidates: readonly [string, Wanted][] = [
    ...spec.parents.map(({ label }): [string, Wanted] => [label, ofParent(label)]),
    // Where weights are normalised, merges near weight 0 are nowhere near the base.
    ...(isDelta && normalize !== true ? [['base', ofParent(undefined)] as [string, Wanted]] : []),
    ...(spec.file.genome.merge_method === 'ties' && normalize === undefined && rescale === undefined
      ? [['ties', () => 1] as [string, Wanted]]
      : []),
  ];
  const points = new Map<string, number[]>();
  for (const [label, wanted] of candidates) {
    const vector = findPoint(parameters, space, wanted);
    if (vector !== undefined) points.set(label, vector);
  }
  return points;
}

/** The value that a parameter has at a known point. */
type Wanted = (parameter: ResolvedParameter) => number;

function ofParent(label: string | undefined): Wanted {
  return ({ parameter, parent, setting }) => {
    if (parameter === 'weight') return parent === label ? 1 : 0;
    if (parameter === 'density') return isRange(setting) ? setting.max : setting;
    return 1;
  };
}

/** Undefined where a fixed parameter has another value, or the point lies outside the box. */
function findPoint(
  parameters: readonly ResolvedParameter[],
  space: SearchSpace,
  wanted: Wanted,
): number[] | undefined {
  const params: Record<string, number> = {};
  for (const parameter of parameters) {
    const value = wanted(parameter);
    if (isRange(parameter.setting)) params[parameter.name] = value;
    else if (parameter.setting !== value) return undefined;
  }
  return space.toVector(params satisfies Params);
}
