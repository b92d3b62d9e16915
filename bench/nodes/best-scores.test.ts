import { expect, test } from 'vitest';
import { findBestScores } from './best-scores.js';
import type { Interval } from './timeline.js';

const scored = (measured: number, real: number): Interval => ({
  ...{ node: 'n', slot: '0', key: 'k', number: 1, start: 0, end: 1 },
  ...{ measured, true: real },
});

test('five of those that measured best may ship, and the best tried is known', () => {
  const lucky = scored(0.9, 0.5);
  const good = scored(0.8, 0.7);
  const four = [0.79, 0.78, 0.77, 0.6].map((measured) => scored(measured, 0.6));
  const missed = scored(0.5, 0.8);
  const killed: Interval = { node: 'n', slot: '0', key: 'k', number: 9, start: 0 };
  expect(findBestScores([...four, missed, good, killed, lucky])).toEqual({
    ...{ tried: 0.8, measuredBest: 0.5, ofFive: 0.7 },
  });
});

test('a search without a score found nothing', () => {
  expect(findBestScores([])).toEqual({ tried: 0, measuredBest: 0, ofFive: 0 });
});
