import { describe, expect, it } from 'vitest';
import { lossGradient, lossOf } from './objective.js';

const objective = [{ weight: 0.5 }, { weight: 0.5, limit: -0.6, penalty: 2 }];

describe('lossOf', () => {
  it('is the weighted sum while every gate holds', () => {
    expect(lossOf(objective, { values: [-0.8, -0.7], errors: null })).toBeCloseTo(-0.75, 12);
  });

  it('charges what lies above a limit', () => {
    expect(lossOf(objective, { values: [-0.8, -0.5], errors: null })).toBeCloseTo(-0.65 + 0.2, 12);
  });

  it('charges the chance to lie above it, where the error is known', () => {
    const near = { values: [-0.8, -0.61], errors: [0.02, 0.02] };
    const exact = lossOf(objective, { ...near, errors: null });
    expect(lossOf(objective, near)).toBeGreaterThan(exact + 0.005);
    const far = { values: [-0.8, -0.9], errors: [0.02, 0.02] };
    expect(lossOf(objective, far)).toBeCloseTo(lossOf(objective, { ...far, errors: null }), 9);
  });
});

describe('lossGradient', () => {
  it('is the slope of the loss', () => {
    const step = 1e-6;
    for (const second of [-0.9, -0.61, -0.55]) {
      const at = { values: [-0.8, second], errors: [0.02, 0.03] };
      const gradient = lossGradient(objective, at);
      at.values.forEach((_, i) => {
        const moved = at.values.map((value, j) => (i === j ? value + step : value));
        const slope = (lossOf(objective, { ...at, values: moved }) - lossOf(objective, at)) / step;
        expect(gradient[i]).toBeCloseTo(slope, 4);
      });
    }
  });
});
