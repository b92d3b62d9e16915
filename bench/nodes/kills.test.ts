import { describe, expect, it } from 'vitest';
import { countKillCost } from './kills.js';
import type { Interval } from './timeline.js';

const stay = (node: string, start: number, end?: number): Interval => ({
  ...{ node, slot: '0', key: `${node}-${start}`, number: 1, start },
  ...(end === undefined ? {} : { end }),
});
const rule = { slotsPerNode: 2, downSeconds: 10, detectionSeconds: 5, until: 100 };

describe('what deaths of nodes may cost', () => {
  it('counts lost work up to the death, the time away and the start after it', () => {
    const evaluations = [stay('node-1', 0, 8), stay('node-1', 8), stay('node-2', 9, 15)];
    const deaths = [{ node: 'node-1', at: 11, readyAt: 23 }];
    expect(countKillCost(deaths, evaluations, rule)).toEqual({
      ...{ deaths: 1, lostWork: 3, downtime: 20, restarts: 4, detection: 5 },
    });
  });

  it('takes of two deaths of one node the one that came after the start', () => {
    const deaths = [
      { node: 'node-1', at: 11, readyAt: 22 },
      { node: 'node-1', at: 40, readyAt: 51 },
    ];
    expect(countKillCost(deaths, [stay('node-1', 30)], rule).lostWork).toBe(10);
  });

  it('ends the start of a node that is never ready with its next death', () => {
    const deaths = [
      { node: 'node-1', at: 10 },
      { node: 'node-1', at: 30, readyAt: 41 },
    ];
    expect(countKillCost(deaths, [], rule).restarts).toBe(2 * (10 + 1));
  });

  it('counts nothing after the last trial has ended', () => {
    const deaths = [
      { node: 'node-1', at: 96 },
      { node: 'node-2', at: 101 },
    ];
    const { deaths: count, downtime, restarts } = countKillCost(deaths, [], rule);
    expect([count, downtime, restarts]).toEqual([1, 8, 0]);
  });
});
