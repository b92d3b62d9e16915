/** A coordinate that takes the values i / (levels − 1), i = 0 … levels − 1, and no other. */
export interface Levels {
  /** At least 2. */
  readonly levels: number;
}

/** For every coordinate its levels; null is a continuous one. */
export type Coordinates = readonly (Levels | null)[];

/** The index of the level next to y; of two as near the lower one. */
export function nearestIndex({ levels }: Levels, y: number): number {
  const index = Math.ceil(y * (levels - 1) - 0.5);
  return Math.min(levels - 1, Math.max(0, index));
}

/** The level next to y, in [0, 1]. */
export function nearestLevel(coordinate: Levels, y: number): number {
  return nearestIndex(coordinate, y) / (coordinate.levels - 1) + 0;
}
