import { expect, test } from 'vitest';
import { isHopeless, isInBestThird } from './promotion.js';

test('the first result of a rung goes up: there must be something to compare with', () => {
  expect(isInBestThird([0.1])).toBe(true);
});

test('of six results the newest goes up when at most one is better', () => {
  expect(isInBestThird([1, 2, 3, 4, 9, 5])).toBe(true);
  expect(isInBestThird([1, 2, 3, 8, 9, 5])).toBe(false);
});

test('of equal results the earlier ones have the places', () => {
  expect(isInBestThird([5, 1, 1, 1, 1, 5])).toBe(true);
  expect(isInBestThird([5, 5, 1, 1, 1, 5])).toBe(false);
});

test('a candidate is given up when it is two paired standard errors below the best', () => {
  expect(isHopeless(-0.05, 0.02)).toBe(true);
  expect(isHopeless(-0.03, 0.02)).toBe(false);
  expect(isHopeless(-0.5, undefined)).toBe(false);
  expect(isHopeless(0, 0)).toBe(false);
});
