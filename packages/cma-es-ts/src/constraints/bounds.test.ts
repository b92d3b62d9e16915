import { describe, expect, it } from 'vitest';
import linQuadText from '../../golden/lin-quad.json?raw';
import { Cma } from '../cma.js';
import { propose, step } from '../step.js';
import { allBounds, repairCoordinate } from './bounds.js';
import { linQuad, linQuadInverse } from './lin-quad.js';

const golden = JSON.parse(linQuadText) as {
  forward: { y: number; x: number }[];
  inverse: { x: number; y: number }[];
};

describe('linQuad', () => {
  it('equals pycma to 1e-15', () => {
    for (const { y, x } of golden.forward) expect(Math.abs(linQuad(y) - x)).toBeLessThan(1e-15);
  });

  it('has the inverse of pycma', () => {
    for (const { x, y } of golden.inverse) {
      expect(Math.abs(linQuadInverse(x) - y)).toBeLessThan(1e-15);
      expect(Math.abs(linQuad(linQuadInverse(x)) - x)).toBeLessThan(1e-15);
    }
  });

  it('is periodic and stays in the box', () => {
    for (let i = -300; i <= 300; i++) {
      const y = i / 37;
      expect(linQuad(y)).toBeGreaterThanOrEqual(0);
      expect(linQuad(y)).toBeLessThanOrEqual(1);
      expect(linQuad(y + 2.2)).toBeCloseTo(linQuad(y), 13);
      expect(linQuad(-0.1 - y)).toBeCloseTo(linQuad(y), 13);
    }
  });
});

describe('bounds', () => {
  it('clip, reflect and leave alone', () => {
    expect([-0.3, 0.2, 1.4].map((y) => repairCoordinate('clip', y))).toEqual([0, 0.2, 1]);
    const reflected = [-0.3, 0.2, 1.4, 2.25, -1.25].map((y) => repairCoordinate('reflect', y));
    [0.3, 0.2, 0.6, 0.25, 0.75].forEach((x, i) => {
      expect(reflected[i]).toBeCloseTo(x, 14);
    });
  });

  it.each(allBounds)('%s finds optima inside and in a corner of the box', (bounds) => {
    for (const optimum of [0.4, 0, 1]) {
      const es = new Cma({ dimension: 4, seed: 2, bounds });
      for (let i = 0; i < 2500; i++) {
        const { id, x } = es.ask();
        es.tell(
          id,
          x.reduce((sum, item) => sum + (item - optimum) ** 2, 0),
        );
      }
      // Mirrored samples have no mean at a bound, so that a corner is approached slowly.
      const isSlow = bounds === 'reflect' && optimum !== 0.4;
      expect(es.best?.value).toBeLessThan(isSlow ? 1e-4 : 1e-8);
    }
  });

  it('transform tells the update where the point was drawn, and starts at the mean asked for', () => {
    const es = new Cma({
      dimension: 3,
      seed: 1,
      sigma: 0.6,
      mean: [0.01, 0.5, 1],
      bounds: 'transform',
    });
    es.state.distribution.mean.forEach((m, j) => {
      expect(linQuad(m)).toBeCloseTo([0.01, 0.5, 1][j]!, 14);
    });
    for (let i = 0; i < 50; i++) es.ask();
    const outside = es.state.open.filter(({ genotype }) => genotype!.some((y) => y < 0 || y > 1));
    expect(outside.length).toBeGreaterThan(25);
    for (const { x, genotype } of es.state.open) expect(x).toEqual(genotype!.map(linQuad));
    es.tell(outside[0]!.id, 1);
    expect(es.state.buffer[0]?.genotype).toBe(outside[0]!.genotype);
    es.tellForeign([0.01, 0.5, 1], 2);
    expect(es.state.buffer[1]?.genotype).toEqual([0.01, 0.5, 1].map(linQuadInverse));
  });

  it('resample draws again instead of clipping, and clips where nothing falls into the box', () => {
    const options = { dimension: 3, seed: 1, sigma: 1, mean: [0, 0.5, 1] };
    const es = new Cma({ ...options, bounds: 'resample' });
    const clipped = new Cma(options);
    const onBound = (x: readonly number[]) => x.some((item) => item === 0 || item === 1);
    let differ = 0;
    for (let i = 0; i < 100; i++) {
      const [x, y] = [es.ask().x, clipped.ask().x];
      expect(onBound(x)).toBe(false);
      if (onBound(y)) differ++;
      else expect(x).toEqual(y);
    }
    expect(differ).toBeGreaterThan(50);
    const many = new Cma({ dimension: 60, seed: 1, sigma: 1, bounds: 'resample' });
    expect(onBound(many.ask().x)).toBe(true);
    // No redraw of one attempt is a draw of another.
    const attempts = Array.from({ length: 300 }, (_, attempt) => propose(es.state, attempt));
    expect(new Set(attempts.map((x) => JSON.stringify(x))).size).toBe(300);
    expect(step(es.state, { kind: 'ask', attempt: 7 }).candidate?.x).toEqual(attempts[7]);
  });
});
