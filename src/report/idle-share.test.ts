import { describe, expect, it } from 'vitest';
import type { TrialRow } from '../store/rows.js';
import { makeRun } from '../../workflows/trial.fixture.js';
import { computeIdleShare } from './idle-share.js';

const startMs = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => startMs + seconds * 1000;

/** An evaluation from second `from` to second `to`, and a merge of so many seconds before it. */
function evaluated(node: string, from: number, to: number, merge = 0): TrialRow {
  return {
    ...{ sweep: 'demo', trial: '1', kind: 'search', ordinal: 1, state: 'complete' },
    ...{ input: makeRun('1'), isDivergent: false, proposedAt: new Date(startMs).toISOString() },
    ...{ node, mergeSeconds: merge, evaluateSeconds: to - from },
    endedAt: new Date(at(to)).toISOString(),
  };
}

const present = (atSecond: number, slots: number, free: number, isRunning = true) => ({
  ...{ atMs: at(atSecond), isRunning },
  byNode: new Map([['n', { slots, free }]]),
});

describe('computeIdleShare', () => {
  it('is the share between evaluations on a slot, on each node and over all', () => {
    const trials = [
      evaluated('n', 0, 40),
      evaluated('n', 50, 90),
      evaluated('m', 0, 45),
      evaluated('m', 45, 90),
    ];
    const { all, byNode } = computeIdleShare(trials);
    expect(byNode.get('n')).toBeCloseTo(10 / 90);
    expect(byNode.get('m')).toBe(0);
    expect(all).toBeCloseTo(10 / 180);
  });

  it('takes evaluations that overlap for those of several slots', () => {
    const trials = [
      evaluated('n', 0, 40),
      evaluated('n', 10, 50),
      evaluated('n', 40, 80),
      evaluated('n', 60, 100),
    ];
    // One slot is never empty, the other for ten seconds.
    expect(computeIdleShare(trials).all).toBeCloseTo(10 / 170);
  });

  it('goes by the slots that were recorded', () => {
    const trials = [
      { ...evaluated('n', 0, 40), slot: 'slot-1' },
      { ...evaluated('n', 50, 90), slot: 'slot-2' },
      { ...evaluated('n', 100, 140), slot: 'slot-2' },
    ];
    expect(computeIdleShare(trials).all).toBeCloseTo(10 / 130);
  });

  it('forgives ends that were written a little late', () => {
    const trials = [evaluated('n', 0, 40.4), evaluated('n', 40, 80)];
    expect(computeIdleShare(trials).all).toBe(0);
  });

  it('is not known from one evaluation a slot', () => {
    expect(computeIdleShare([evaluated('n', 0, 40), evaluated('n', 10, 90)])).toEqual({
      byNode: new Map(),
    });
    expect(computeIdleShare([])).toEqual({ byNode: new Map() });
  });

  it('counts no time in which nothing of the sweep ran anywhere', () => {
    const night = [evaluated('n', 0, 40), evaluated('n', 30_000, 30_040)];
    expect(computeIdleShare(night).all).toBe(0);
  });

  it('counts the time in which another node or a merge ran', () => {
    const other = evaluated('m', 40, 240);
    expect(computeIdleShare([evaluated('n', 0, 40), other, evaluated('n', 240, 280)]).all).toBe(
      200 / 280,
    );
    const merged = [evaluated('n', 0, 40), evaluated('n', 240, 280, 200)];
    expect(computeIdleShare(merged).all).toBe(200 / 280);
  });

  it('counts slots that are empty now, to now, and those that never had anything', () => {
    const trials = [evaluated('n', 0, 40), evaluated('n', 10, 50)];
    // The first of the two slots is the free one.
    expect(computeIdleShare(trials, present(60, 2, 1)).all).toBeCloseTo(20 / 100);
    expect(computeIdleShare(trials, present(60, 3, 1)).all).toBeCloseTo(60 / 140);
    expect(computeIdleShare(trials, present(60, 2, 0))).toEqual({ byNode: new Map() });
  });

  it('counts no time since the last trial of a sweep that is held', () => {
    const trials = [evaluated('n', 0, 40), evaluated('n', 50, 90)];
    expect(computeIdleShare(trials, present(3_000, 1, 1, false)).all).toBeCloseTo(10 / 90);
    expect(computeIdleShare(trials, present(120, 1, 1, true)).all).toBeCloseTo(40 / 120);
  });

  it('leaves failed attempts out', () => {
    const failed: TrialRow = { ...evaluated('n', 50, 60), state: 'failed' };
    const { evaluateSeconds: _, ...row } = failed;
    expect(computeIdleShare([evaluated('n', 0, 40), row, evaluated('n', 70, 100)]).all).toBe(
      30 / 100,
    );
  });
});
