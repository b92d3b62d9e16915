import { describe, expect, it } from 'vitest';
import { type Cell, Cells } from './cells.js';
import { compareOverFamilies, compareWith, compareWithPreset, type Question } from './compare.js';
import { families } from './families.js';

const instances = [1, 2, 3];

/** A run with the same regret everywhere. */
function cellsOf(optimizer: string, regret: number, on = instances): Cell[] {
  return families.flatMap(({ specs }) =>
    specs.flatMap((spec) =>
      on.map((instance) => ({
        ...{ optimizer, spec, instance, batch: 1 },
        regrets: [{ budget: 200, best: 2 * regret, top5: regret, oracle: 0 }],
      })),
    ),
  );
}

function ask(cells: readonly Cell[], peers: readonly string[]): Question {
  return {
    ...{ cells: new Cells(cells), ours: 'search', peers, instances },
    measured: { batch: 1, budget: 200, measure: 'top5' },
  };
}

describe('compareOverFamilies', () => {
  it('takes the peer that is hardest to beat, over the three families of merges', () => {
    const cells = [...cellsOf('search', 2), ...cellsOf('pycma', 4), ...cellsOf('random', 8)];
    const span = compareOverFamilies(ask(cells, ['random', 'pycma']), families);
    expect(span).toMatchObject({ worst: 0.5, best: 0.5 });
    expect(span.perFamily.map(({ family, peer, cells }) => [family, peer, cells])).toEqual([
      ['gated-200', 'pycma', 9],
      ['gated-1000', 'pycma', 6],
      ['ungated-400', 'pycma', 9],
    ]);
  });

  it('compares on shared cells only', () => {
    const hard = cellsOf('search', 10, [1]);
    const cells = [...hard, ...cellsOf('search', 1, [2, 3]), ...cellsOf('slow', 5, [1])];
    const span = compareOverFamilies(ask(cells, ['slow']), families);
    expect(span.perFamily.map(({ ratio, cells }) => [ratio, cells])).toEqual([
      [2, 3],
      [2, 2],
      [2, 3],
    ]);
  });

  it('has no figure without a peer', () => {
    const span = compareOverFamilies(ask(cellsOf('search', 2), ['pycma']), families);
    expect(span).toEqual({ worst: null, best: null, perFamily: [] });
  });
});

describe('compareWith', () => {
  it('compares ratios to random search where scales differ', () => {
    const cells = [...cellsOf('search', 2), ...cellsOf('pycma', 4), ...cellsOf('random', 8)];
    const smooth = families.find(({ name }) => name === 'smooth')!;
    const comparison = compareWith(ask(cells, []), smooth, 'pycma');
    expect(comparison?.ratio).toBeCloseTo(0.5);
    expect(comparison?.cells).toBe(18);
  });
});

describe('compareWithPreset', () => {
  it('is of the shipped point, with a thousand items and a gate', () => {
    const cells = [...cellsOf('search', 1), ...cellsOf('mergekit', 4)];
    const question = ask(cells, []);
    const shipped = { ...question, measured: { ...question.measured, measure: 'best' as const } };
    const comparison = compareWithPreset(shipped, families);
    expect(comparison).toMatchObject({ family: 'gated-1000', ratio: 0.25, cells: 6 });
    expect(comparison?.quartiles).toEqual([0.25, 0.25, 0.25]);
  });
});
