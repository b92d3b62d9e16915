import { describe, expect, it } from 'vitest';
import {
  rankFinalists,
  rankSearchTrials,
  selectBest,
  selectBestParent,
  type ScoredTrial,
} from './select-best.js';

const trial = (
  ordinal: number,
  fitness?: number,
  more: Partial<ScoredTrial> = {},
): ScoredTrial => ({
  trial: String(ordinal),
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

describe('finalists', () => {
  const confirm = (ordinal: number, confirms: string, fitness?: number, state = 'complete') =>
    trial(ordinal, fitness, {
      ...{ trial: `c${ordinal}`, kind: 'confirm', confirms },
      state: fitness === undefined ? state : 'complete',
    });
  const search = [trial(1, 0.5), trial(2, 0.9), trial(3, 0.8), baseline(4, 'uniform', 0.7)];
  const ids = (trials: readonly ScoredTrial[]) => trials.map((each) => each.trial);

  it('are best by what they have on held-out documents, once all have ended', () => {
    const confirmed = [confirm(5, '2', 0.6), confirm(6, '3', 0.7), confirm(7, '4', 0.9)];
    expect(ids(rankFinalists([...search, ...confirmed]))).toEqual(['3', '2']);
    expect(selectBest([...search, ...confirmed])?.trial).toBe('3');
  });

  it('stand in the order of confirmation where they are level', () => {
    const confirmed = [confirm(5, '3', 0.6), confirm(6, '2', 0.6)];
    expect(ids(rankFinalists([...search, ...confirmed]))).toEqual(['3', '2']);
  });

  it.each(['proposed', 'cancelled'])(
    'leave the best measured the best while one is %s',
    (state) => {
      const confirmed = [
        confirm(5, '2', 0.6),
        confirm(6, '3', 0.7),
        confirm(7, '1', undefined, state),
      ];
      expect(rankFinalists([...search, ...confirmed])).toEqual([]);
      expect(selectBest([...search, ...confirmed])?.trial).toBe('2');
    },
  );

  it('do not wait for the baselines', () => {
    const confirmed = [confirm(5, '3', 0.6), confirm(6, '4', undefined, 'proposed')];
    expect(selectBest([...search, ...confirmed])?.trial).toBe('3');
  });

  it('that failed are left out, and where all failed the best measured stays', () => {
    const one = [confirm(5, '2', undefined, 'failed'), confirm(6, '3', 0.1)];
    expect(ids(rankFinalists([...search, ...one]))).toEqual(['3']);
    expect(selectBest([...search, confirm(5, '2', undefined, 'failed')])?.trial).toBe('2');
  });
});
