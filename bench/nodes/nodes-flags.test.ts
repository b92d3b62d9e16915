import { describe, expect, it } from 'vitest';
import { parseNodesFlags } from './nodes-flags.js';

describe('the flags of the nodes benchmark', () => {
  it('compares every number of slots at one spread, and every spread with 8 slots', () => {
    const { cells, trials, kills } = parseNodesFlags([]);
    expect(cells.map(({ slots, spread }) => `${slots}/${spread}`)).toEqual([
      ...['4/0.5', '8/0.5', '16/0.5', '8/0', '8/1'],
    ]);
    expect([trials, kills]).toEqual([100, 3]);
  });

  it('takes the whole grid of two lists', () => {
    const { cells } = parseNodesFlags(['--slots', '4,16', '--spread', '0,1']);
    expect(cells).toHaveLength(4);
  });

  it('leaves the deaths and the real tools out of a quick run', () => {
    const { cells, kills, zooTrials } = parseNodesFlags(['--quick']);
    expect([cells.length, kills, zooTrials]).toEqual([1, 0, 0]);
  });

  it.each([
    [['--slots', '5'], '--slots: expected 4, 8 or 16'],
    [['--spread', 'wide'], '--spread: expected 0 to 2'],
    [['--trials', '0'], '--trials: expected a number of 1 or more'],
    [['--scale', '0'], '--scale: expected a number of 0.01 or more'],
  ])('refuses %j', (args, message) => {
    expect(() => parseNodesFlags(args)).toThrow(message);
  });
});
