import { describe, expect, it } from 'vitest';
import { measureStaleness, type SearchEvent } from './staleness.js';
import { makeScored, startMs } from './trial.fixture.js';

const events = (text: string): SearchEvent[] =>
  text
    .split(' ')
    .map((word) => ({ kind: word.startsWith('a') ? 'ask' : 'tell', trial: word.slice(1) }));
const at = (second: number): string => new Date(startMs + second * 1000).toISOString();

describe('measureStaleness', () => {
  it('is nothing where one trial runs after the other, and unknown before the first', () => {
    const trials = [makeScored('1', 1), makeScored('2', 2)];
    expect(measureStaleness(events('a1 t1 a2 t2'), trials)).toMatchObject({ mean: 0, trials: 2 });
    expect(measureStaleness(events('a1'), [])).toBeUndefined();
  });

  it('counts the results that came between a proposal and its own', () => {
    const trials = ['1', '2', '3'].map((trial, index) => makeScored(trial, index));
    const found = measureStaleness(events('a1 a2 a3 t2 t1 t3'), trials);
    expect(found).toEqual({ mean: 1, max: 2, trials: 3, prefetched: 0, prefetchShare: 0 });
  });

  it('lays to prefetching what came while a trial waited for its slot', () => {
    // 3 is proposed at 0, and could have begun at 150: when 1 had ended, and 2 had not.
    const trials = [
      makeScored('1', 100),
      makeScored('2', 200),
      makeScored('3', 250, { isPrefetched: true, proposedAt: at(0) }),
    ];
    expect(measureStaleness(events('a1 a2 a3 t1 t2 t3'), trials)).toEqual({
      ...{ mean: 1, max: 2, trials: 3, prefetched: 1 },
      prefetchShare: 1 / 3,
    });
  });

  it('leaves out points that were not asked for', () => {
    expect(measureStaleness(events('tb1 a1 tb2 t1'), [makeScored('1', 1)])?.mean).toBe(1);
  });
});
