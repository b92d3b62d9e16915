import { describe, expect, it } from 'vitest';
import {
  busyShare,
  type Interval,
  listIntervals,
  listOverlaps,
  parseTimeline,
  reportGaps,
} from './timeline.js';

const line = (event: 'start' | 'end', at: number, key: string, more = {}): string =>
  JSON.stringify({ kind: 'evaluate', event, at, node: 'n1', slot: '0', key, number: 1, ...more });
const stay = (start: number, end: number, more: Partial<Interval> = {}): Interval => ({
  ...{ node: 'n1', slot: '0', key: `k${start}`, number: 1, start, end },
  ...more,
});

describe('a timeline of stand-ins', () => {
  it('passes over the half line of a program that was killed', () => {
    expect(parseTimeline(`${line('start', 1, 'a')}\n{"kind": "eval`)).toHaveLength(1);
  });

  it('leaves the end of work that was killed open, and takes it up where it is done again', () => {
    const text = [
      line('start', 1, 'a'),
      line('start', 5, 'a', { node: 'n2' }),
      line('end', 9, 'a', { node: 'n2', true: 0.5, measured: 0.6 }),
    ].join('\n');
    expect(listIntervals(parseTimeline(text), 'evaluate')).toEqual([
      { node: 'n1', slot: '0', key: 'a', number: 1, start: 1 },
      {
        ...{ node: 'n2', slot: '0', key: 'a', number: 1, start: 5, end: 9 },
        ...{ true: 0.5, measured: 0.6 },
      },
    ]);
  });

  it('counts as busy what lies between the two moments, and nothing of what was killed', () => {
    const stays = [stay(0, 6), stay(8, 20), { ...stay(4, 0, { slot: '1' }), end: undefined }];
    expect(busyShare(stays as Interval[], 2, 2, 12)).toBeCloseTo(8 / 20, 12);
  });

  it('finds two evaluations in one slot at once', () => {
    expect(listOverlaps([stay(0, 5), stay(4, 9)])).toHaveLength(1);
    expect(listOverlaps([stay(0, 5), stay(5, 9), stay(4, 9, { slot: '1' })])).toEqual([]);
  });

  it('says what the trial was waiting for while its slot was empty', () => {
    const evaluations = [stay(0, 10, { key: 'a' }), stay(16, 20, { key: 'b' })];
    const merges = [stay(13, 15, { key: 'b', slot: '' })];
    const proposedAt = new Map([
      ['a', 0],
      ['b', 11],
    ]);
    expect(reportGaps(evaluations, merges, proposedAt, 0)).toEqual({
      ...{ count: 1, medianSeconds: 6, p90Seconds: 6, maxSeconds: 6 },
      idle: { proposal: 1, dispatch: 2, merge: 2, handover: 1 },
    });
  });

  it('blames the handover alone where the next trial was merged before', () => {
    const evaluations = [stay(0, 10, { key: 'a' }), stay(10.5, 20, { key: 'b' })];
    const merges = [stay(3, 5, { key: 'b', slot: '' })];
    const proposedAt = new Map([['b', 2]]);
    expect(reportGaps(evaluations, merges, proposedAt, 0).idle).toEqual({
      ...{ proposal: 0, dispatch: 0, merge: 0, handover: 0.5 },
    });
  });
});
