import { describe, expect, it } from 'vitest';
import goldenText from '../../golden/margin.json?raw';
import { Cma } from '../cma.js';
import { strategyConstants } from '../constants.js';
import { uniform } from '../random.js';
import { createCmaState } from '../state.js';
import { relativeError, type Snapshot, snapshotError, type Trace } from '../testing/traces.js';
import { updateDistribution } from '../update.js';
import { toPoint } from './genotype.js';
import type { Coordinates } from './levels.js';
import { keepLevelsInReach } from './margin.js';
import { normalCdf } from './normal-cdf.js';

interface MarginTrace extends Trace {
  readonly levels: readonly number[];
  readonly told: readonly { points: number[][]; encoded: number[][]; values: number[] }[];
  readonly snapshots: readonly (Snapshot & { levelScale: number[] })[];
}

const { trace } = JSON.parse(goldenText) as { trace: MarginTrace };
const coordinates: Coordinates = trace.levels.map((levels) => (levels === 0 ? null : { levels }));

describe('keepLevelsInReach', () => {
  it('equals CMAwM of cmaes to 1e-8, points and levels included', () => {
    const { dimension, mean, sigma } = trace;
    const state = createCmaState({ dimension, mean, sigma, seed: 0, coordinates });
    let { distribution } = state;
    const size = trace.told[0]!.points.length;
    const constants = strategyConstants(dimension, size);
    let worst = 0;
    let corrected = 0;
    trace.told.forEach(({ points, encoded, values }, i) => {
      points.forEach((drawn, k) => {
        const { x, genotype } = toPoint(state.options, distribution, drawn);
        coordinates.forEach((levels, j) => {
          if (levels !== null) expect(x[j]).toBeCloseTo(encoded[k]![j]!, 12);
          if (levels !== null) expect(genotype?.[j]).toBe(drawn[j]);
        });
      });
      const ranked = points
        .map((x, k) => ({ x, value: values[k]!, isCurrent: true }))
        .sort((left, right) => left.value - right.value);
      const updated = updateDistribution(distribution, ranked, constants);
      distribution = keepLevelsInReach(updated, coordinates, 1 / (dimension * size));
      if (relativeError(distribution.mean, updated.mean) > 1e-3) corrected++;
      const expected = trace.snapshots[i]!;
      worst = Math.max(
        worst,
        snapshotError(distribution, expected),
        relativeError(distribution.levelScale!, expected.levelScale),
      );
    });
    expect(corrected).toBeGreaterThan(5);
    expect(worst).toBeLessThan(1e-8);
  });

  it('leaves every discrete coordinate at least the margin beside its own level', () => {
    const options = {
      dimension: 4,
      seed: 3,
      coordinates: [2, 3, 8, 50].map((levels) => ({ levels })),
    };
    for (let seed = 1; seed <= 10; seed++) {
      const es = new Cma({ ...options, seed });
      const margin = 1 / (4 * es.state.regime.populationSize);
      for (let i = 0; i < 600; i++) {
        const { id, x } = es.ask();
        es.tell(
          id,
          x.reduce((sum, item, j) => sum + (item - (j + seed) / 20) ** 2, 0),
        );
        const { mean, sigma, covariance, levelScale, generation } = es.state.distribution;
        if (generation === 0 || es.state.buffer.length > 0) continue;
        [0, 4, 7, 9].forEach((diagonal, j) => {
          const spread = sigma * levelScale![j]! * Math.sqrt(covariance[diagonal]!);
          const { levels } = options.coordinates[j]!;
          const index = Math.min(levels - 1, Math.max(0, Math.ceil(mean[j]! * (levels - 1) - 0.5)));
          const [low, high] = [(index - 0.5) / (levels - 1), (index + 0.5) / (levels - 1)];
          const below = index === 0 ? 0 : normalCdf((low - mean[j]!) / spread);
          const above = index === levels - 1 ? 0 : normalCdf((mean[j]! - high) / spread);
          expect(below + above).toBeGreaterThan(0.9 * margin);
        });
      }
    }
  });

  // SphereInt and N-int-tablet of the paper's section 5, on the unit box, half of the coordinates discrete.
  const functions: [string, (x: readonly number[]) => number, number][] = [
    ['SphereInt', (x) => x.reduce((sum, item) => sum + (item - 0.7) ** 2, 0), 3000],
    [
      'NIntTablet',
      (x) => x.reduce((sum, item, j) => sum + (j < 3 ? 1 : 1e4) * (item - 0.7) ** 2, 0),
      6000,
    ],
  ];
  it.each(functions)('finds the optimum of %s', (_name, objective, limit) => {
    const levels = [null, null, null, { levels: 11 }, { levels: 11 }, { levels: 11 }];
    for (let seed = 1; seed <= 5; seed++) {
      const es = new Cma({
        dimension: 6,
        seed,
        coordinates: levels,
        mean: Array.from({ length: 6 }, (_, j) => uniform(seed, 0, j)),
      });
      while (es.state.counters.asked < limit && (es.best?.value ?? 1) > 1e-8) {
        const { id, x } = es.ask();
        expect(x.slice(3).every((item) => Number.isInteger(Number((item * 10).toFixed(9))))).toBe(
          true,
        );
        es.tell(id, objective(x));
      }
      expect(es.best?.value).toBeLessThan(1e-8);
    }
  });
});

describe('normalCdf', () => {
  it('is right to 1e-14', () => {
    // mpmath.ncdf in 30 digits
    for (const [x, p] of [
      [-8, 6.22096057427178e-16],
      [-3.5, 0.000232629079035525],
      [-3, 0.00134989803163009],
      [-1, 0.158655253931457],
      [0, 0.5],
      [0.5, 0.691462461274013],
      [2, 0.977249868051821],
      [6, 0.999999999013412],
    ] as const) {
      expect(normalCdf(x) / p - 1).toBeCloseTo(0, 13);
    }
  });
});
