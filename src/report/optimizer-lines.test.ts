import { expect, it } from 'vitest';
import { describeOptimizer } from './optimizer-lines.js';

const cmaEs = {
  ...{ name: 'cma-es', generation: 4, sigma: 0.18341, axisRatio: 2.1, populationSize: 9, open: 2 },
  arms: 'informed',
  surrogate: 'trusted',
  surrogateTau: 0.6234,
  screenedShare: 0.636,
};

it('says where the search stands, which part of it goes on, and whether its model is trusted', () => {
  expect(describeOptimizer(cmaEs)).toEqual([
    'cma-es  generation 4  sigma 0.183  axis ratio 2.10  population 9',
    'the search from the known merges goes on; the one that knows no merge had worse results',
    "its model of the scores predicts well (Kendall's τ 0.62 on plain samples) and chose 64 % of the candidates so far",
  ]);
});

it('says when the model does not choose, and nothing of one that is off or has done nothing', () => {
  const of = (surrogate: object) =>
    describeOptimizer({ name: 'cma-es', arms: 'single', ...surrogate }).slice(1);
  expect(of({ surrogate: 'not trusted', surrogateTau: -0.2, screenedShare: 0.1 })).toEqual([
    "its model of the scores predicts badly (Kendall's τ -0.20 on plain samples) and does not choose now; it chose 10 % of the candidates so far",
  ]);
  expect(of({ surrogate: 'unproven', screenedShare: 0.25 })).toEqual([
    'its model of the scores is not judged yet; it chose 25 % of the candidates so far',
  ]);
  expect(of({ surrogate: 'unproven', screenedShare: 0 })).toEqual([]);
  expect(of({ surrogate: 'off' })).toEqual([]);
});

it('says why it started anew or stands still', () => {
  const lines = describeOptimizer({ restarts: 1, restartedFor: 'tolx', converged: 'tolfun' });
  expect(lines).toEqual([
    'started anew 1 time, last for tolx',
    'converged (tolfun): further candidates hardly differ from these',
  ]);
});

it('shows the numbers of searches that it does not know, and nothing where there are none', () => {
  expect(describeOptimizer({ sigma: 0.1834, buffered: 2 })).toEqual(['sigma 0.183  buffered 2']);
  expect(describeOptimizer({})).toEqual([]);
});
