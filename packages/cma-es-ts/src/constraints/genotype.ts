// A point has two sides: x is what is evaluated, in the box and on its levels; the genotype is where the distribution
// drew it, and is what the update uses. Where the two are the same, as with clipped bounds, only x is kept.
import type { Distribution } from '../distribution.js';
import { at } from '../matrix.js';
import type { ResolvedOptions } from '../options.js';
import { type Bounds, clip, repairCoordinate, unrepairCoordinate } from './bounds.js';
import { nearestLevel } from './levels.js';

/** A point to evaluate, and where the update sees it: null where that is x itself. */
export interface Point {
  readonly x: readonly number[];
  readonly genotype: readonly number[] | null;
}

type Space = Pick<ResolvedOptions, 'bounds' | 'coordinates'>;

/** Repairs a drawn point into the box and onto the levels. */
export function toPoint(space: Space, distribution: Distribution, drawn: readonly number[]): Point {
  const { bounds, coordinates } = space;
  if (!hasGenotype(space)) return { x: repairAll(bounds, drawn), genotype: null };
  const genotype: number[] = [];
  const x = drawn.map((y, j) => {
    const levels = coordinates?.[j] ?? null;
    if (levels === null) {
      const repaired = repairCoordinate(bounds, y) + 0;
      genotype.push(bounds === 'transform' ? y + 0 : repaired);
      return repaired;
    }
    const mean = at(distribution.mean, j);
    genotype.push(y + 0);
    return nearestLevel(levels, (y - mean) * scaleOf(distribution, j) + mean);
  });
  return { x, genotype };
}

/** A loop, as this is a tenth of a sample in many dimensions. */
function repairAll(bounds: Bounds, drawn: readonly number[]): number[] {
  const n = drawn.length;
  const x = new Array<number>(n);
  for (let j = 0; j < n; j++) x[j] = repairCoordinate(bounds, at(drawn, j)) + 0;
  return x;
}

/** The genotype of a point that was not drawn: one whose repair would give x. */
export function genotypeOf(
  space: Space,
  distribution: Distribution,
  x: readonly number[],
): readonly number[] | null {
  if (!hasGenotype(space)) return null;
  return x.map((value, j) => {
    if ((space.coordinates?.[j] ?? null) === null)
      return unrepairCoordinate(space.bounds, value) + 0;
    const mean = at(distribution.mean, j);
    return (value - mean) / scaleOf(distribution, j) + mean;
  });
}

/** x with its discrete coordinates moved to their nearest levels. */
export function ontoLevels({ coordinates }: Space, x: readonly number[]): number[] {
  return x.map((value, j) => {
    const levels = coordinates?.[j] ?? null;
    return (levels === null ? value : nearestLevel(levels, value)) + 0;
  });
}

/** Whether the update may see a point elsewhere than at x. */
export function hasGenotype({ bounds, coordinates }: Space): boolean {
  return bounds === 'transform' || coordinates !== null;
}

/** A mean is a convex combination of genotypes, and can leave the box of clipped ones by rounding only. */
export function keepMeanInBox({ bounds, coordinates }: Space, mean: readonly number[]): number[] {
  return mean.map((m, j) =>
    bounds === 'transform' || (coordinates?.[j] ?? null) !== null ? m : clip(m) + 0,
  );
}

/** Whether every continuous coordinate of a drawn point lies in the box. */
export function isInBox({ coordinates }: Space, drawn: readonly number[]): boolean {
  return drawn.every((y, j) => (coordinates?.[j] ?? null) !== null || (y >= 0 && y <= 1));
}

/** The mean as a point of the box. */
export function meanInBox(space: Space, distribution: Distribution): readonly number[] {
  return toPoint(space, distribution, distribution.mean).x;
}

function scaleOf({ levelScale }: Distribution, j: number): number {
  return levelScale === null ? 1 : at(levelScale, j);
}
