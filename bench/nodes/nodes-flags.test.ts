import { describe, expect, it } from 'vitest';
import { parseNodesFlags } from './nodes-flags.js';

describe('the flags of the nodes benchmark', () => {
  it('compares every number of slots at one spread, and every spread with 8 slots', () => {
    const { cells, trials, kills } = parseNodesFlags([]);
    expect(cells.map(({ slots, spread, scale }) => `${slots}/${spread} × ${scale}`)).toEqual([
      ...['4/0.5 × 0.25', '8/0.5 × 1', '16/0.5 × 1', '8/0 × 0.5', '8/1 × 0.5'],
    ]);
    expect([trials, kills]).toEqual([100, 3]);
  });

  it('takes the whole grid of two lists', () => {
    const { cells } = parseNodesFlags(['--slots', '4,16', '--spread', '0,1']);
    expect(cells).toHaveLength(4);
  });

  it('keeps the trials a second of 16 slots unless it is told another scale', () => {
    expect(parseNodesFlags(['--slots', '8']).cells[0]?.scale).toBe(0.5);
    expect(parseNodesFlags(['--slots', '8', '--scale', '0.1']).cells[0]?.scale).toBe(0.1);
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
