import { isInBox, type Point, toPoint } from './constraints/genotype.js';
import { transformNormal } from './distribution.js';
import { fillNormal, streams } from './random.js';
import type { CmaState } from './state.js';

/** How often bounds: 'resample' draws again before it clips; cmaes' number. The streams 1 … 100 are its. */
const MOST_REDRAWS = 100;

// Space to work in, not state: it is filled before it is read.
let z = new Float64Array(0);

/** Candidate `id` drawn from N(m, σ² C) and repaired; another attempt is another draw. */
export function sample(state: CmaState, id: number, attempt: number): Point {
  const { options, distribution } = state;
  const { dimension, seed } = options;
  if (z.length !== dimension) z = new Float64Array(dimension);
  const draw = (stream: number): number[] => {
    fillNormal(z, seed, id, attempt, stream);
    return transformNormal(distribution, z);
  };
  let drawn = draw(streams.sample);
  if (options.bounds === 'resample') {
    for (let redraw = 1; redraw <= MOST_REDRAWS && !isInBox(options, drawn); redraw++) {
      drawn = draw(redraw);
    }
  }
  return toPoint(options, distribution, drawn);
}
