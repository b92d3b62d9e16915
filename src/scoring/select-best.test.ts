import { expect, it } from 'vitest';
import { rankSearchTrials, selectBest, selectBestParent, type ScoredTrial } from './select-best.js';

const trial = (
  ordinal: number,
  fitness?: number,
  more: Partial<ScoredTrial> = {},
): ScoredTrial => ({
  kind: 'search',
  ordinal,
  state: fitness === undefined ? 'failed' : 'complete',
  ...(fitness !== undefined && { fitness }),
  ...more,
});
const baseline = (ordinal: number, label: string, fitness?: number) =>
  trial(ordinal, fitness, { kind: 'baseline', label });

it('is the highest fitness, also among negative ones', () => {
  expect(selectBest([trial(1, -3), trial(2, -1), trial(3, -2)])?.ordinal).toBe(2);
});

it('prefers the trial that was proposed first among equals, whatever the order of the list', () => {
  expect(rankSearchTrials([trial(5, 1), trial(3, 1), trial(4, 2)]).map((t) => t.ordinal)).toEqual([
    4, 3, 5,
  ]);
});

it('never calls a baseline, a confirmation or a failed trial the best', () => {
  const confirm = trial(9, 3, { kind: 'confirm' });
  expect(selectBest([baseline(1, 'uniform', 2), confirm, trial(4)])).toBeUndefined();
  expect(selectBest([baseline(1, 'uniform', 2), confirm, trial(4, 0.1)])?.ordinal).toBe(4);
});

it('finds the best parent among baselines, not the base and not a merge', () => {
  const trials = [
    baseline(1, 'base', 0.9),
    baseline(2, 'a', 0.3),
    baseline(3, 'b', 0.5),
    baseline(4, 'uniform', 0.8),
    trial(5, 1, { label: 'b' }),
  ];
  expect(selectBestParent(trials, ['a', 'b'])?.ordinal).toBe(3);
  expect(selectBestParent(trials, ['c'])).toBeUndefined();
});
