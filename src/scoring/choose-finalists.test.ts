import { expect, it } from 'vitest';
import { chooseFinalists } from './choose-finalists.js';
import type { ScoredTrial } from './select-best.js';

const scored = (trial: string, fitness: number, more: Partial<ScoredTrial> = {}): ScoredTrial => ({
  ...{ trial, kind: 'search', ordinal: Number(trial.split('r')[0]), state: 'complete', fitness },
  ...more,
});
const choose = (trials: readonly ScoredTrial[], recommended: string[], count: number) =>
  chooseFinalists(trials, recommended, count).map(({ trial }) => trial);
const trials = [scored('1', 0.5), scored('2', 0.9), scored('3', 0.8), scored('4', 0.7)];

it('takes the first of the recommendation, in its order', () => {
  expect(choose(trials, ['3', '2', '1', '4'], 3)).toEqual(['3', '2', '1']);
  expect(choose(trials, ['3', '2'], 50)).toEqual(['3', '2']);
});

it('always has the best measured among them, alone where there is one place', () => {
  expect(choose(trials, ['3', '1', '4', '2'], 2)).toEqual(['3', '2']);
  expect(choose(trials, ['3', '2'], 1)).toEqual(['2']);
  expect(choose(trials, [], 3)).toEqual(['2']);
});

it('takes promotions for the trials that were recommended, and nobody who was scored in part', () => {
  const partial = [scored('1', 0.5, { rung: 1 }), scored('2', 0.9, { rung: 1 })];
  const promotion = scored('1r2', 0.6, { kind: 'promotion', ordinal: 9 });
  expect(choose([...partial, promotion], ['2', '1'], 3)).toEqual(['1r2']);
});

it('chooses nobody where nothing was scored', () => {
  expect(choose([scored('1', 0.5, { state: 'failed' })], ['1'], 3)).toEqual([]);
});
