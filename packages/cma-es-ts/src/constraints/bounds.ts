import { linQuad, linQuadInverse } from './lin-quad.js';

/**
 * What becomes of a coordinate that was drawn outside the box.
 *
 * - `clip`: it goes to the bound, and the update sees it there.
 * - `transform`: pycma's BoundTransform; the search lives in an unbounded space that is folded into the box, and the
 *   update sees the point of that space.
 * - `reflect`: it is mirrored at the bound, and the update sees it where it came to lie.
 * - `resample`: the point is drawn again, up to 100 times, and clipped after that.
 */
export type Bounds = 'clip' | 'transform' | 'reflect' | 'resample';

export const allBounds: readonly Bounds[] = ['clip', 'transform', 'reflect', 'resample'];

/** One coordinate, repaired into [0, 1]. */
export function repairCoordinate(bounds: Bounds, y: number): number {
  switch (bounds) {
    case 'transform':
      return linQuad(y);
    case 'reflect':
      return reflect(y);
    case 'clip':
    case 'resample':
      return clip(y);
  }
}

/** Where the search sees a coordinate of the box: what `repairCoordinate` gives x for. */
export function unrepairCoordinate(bounds: Bounds, x: number): number {
  return bounds === 'transform' ? linQuadInverse(x) : x;
}

export function clip(y: number): number {
  return Math.min(1, Math.max(0, y));
}

/** Mirrored at 0 and 1, as often as needed. */
function reflect(y: number): number {
  const folded = y - 2 * Math.floor(y / 2);
  return folded > 1 ? 2 - folded : folded;
}
