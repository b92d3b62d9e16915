import { describe, expect, it } from 'vitest';
import type { SteerOrder } from '../activities/contracts.js';
import { findMalformation, findMisfit } from './check-order.js';

const good: SteerOrder[] = [
  { kind: 'pause' },
  { kind: 'resume' },
  { kind: 'stop' },
  { kind: 'cancel' },
  { kind: 'extend', trials: 1 },
  { kind: 'retry' },
  { kind: 'retry', trials: ['3', 'b1'] },
  { kind: 'inject', params: { weight: 0 } },
];

describe('findMalformation', () => {
  it.each(good)('finds none in %j', (order) => {
    expect(findMalformation(order)).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    'pause',
    [],
    {},
    { kind: 'paws' },
    { kind: 'extend' },
    { kind: 'extend', trials: 0 },
    { kind: 'extend', trials: 1.5 },
    { kind: 'extend', trials: '5' },
    { kind: 'extend', trials: 100_001 },
    { kind: 'retry', trials: [] },
    { kind: 'retry', trials: [3] },
    { kind: 'retry', trials: '3' },
    { kind: 'inject' },
    { kind: 'inject', params: [1] },
    { kind: 'inject', params: { weight: '0.5' } },
    { kind: 'inject', params: { weight: Infinity } },
  ])('says what is expected instead of %j', (order) => {
    expect(findMalformation(order)).toMatch(/^expected /);
  });
});

describe('findMisfit', () => {
  it('lets every order through while the sweep was not told to stop', () => {
    for (const order of good) expect(findMisfit(order, undefined)).toBeUndefined();
  });

  it('refuses to stop twice and to hold what stops, but lets the user insist', () => {
    const misfits = (stop: 'drain' | 'now') =>
      good.filter((order) => findMisfit(order, stop) !== undefined).map(({ kind }) => kind);
    expect(misfits('drain')).toEqual(['pause', 'resume', 'stop']);
    expect(misfits('now')).toEqual(['pause', 'resume', 'stop', 'cancel']);
  });
});
