/** Made-up sweeps for tests of what `run` shows. */
import type { SweepSnapshot } from '../../client/watch-sweep.js';
import type { SweepRow, TrialRow } from '../../store/rows.js';
import { makeRun } from '../../../workflows/trial.fixture.js';

export const startMs = Date.UTC(2026, 0, 1, 14, 0, 0);

export function makeSweep(overrides: Partial<SweepRow> = {}): SweepRow {
  return {
    ...{ name: 'demo', specText: '', specPath: '/demo.yaml', specHash: 'h', state: 'running' },
    ...{ maxTrials: 4, isHeld: false, createdAt: new Date(startMs).toISOString() },
    ...overrides,
  };
}

export function makeTrial(trial: string, overrides: Partial<TrialRow> = {}): TrialRow {
  return {
    ...{ sweep: 'demo', trial, kind: 'search', ordinal: 1, state: 'proposed' },
    ...{ input: makeRun(trial), isDivergent: false, proposedAt: new Date(startMs).toISOString() },
    ...overrides,
  };
}

/** A complete trial that ended so many seconds after the start. */
export function makeScored(
  trial: string,
  fitness: number,
  seconds: number,
  overrides: Partial<TrialRow> = {},
): TrialRow {
  const endedAt = new Date(startMs + seconds * 1000).toISOString();
  return makeTrial(trial, { state: 'complete', fitness, endedAt, ...overrides });
}

/** A parent's own score. */
export const makeParent = (label: string, fitness: number): TrialRow =>
  makeScored('b2', fitness, 1, { kind: 'baseline', label });

export function makeSnapshot(
  trials: readonly TrialRow[],
  overrides: Partial<SweepSnapshot> = {},
): SweepSnapshot {
  const empty = { scores: [], journal: [], progress: new Map() };
  return { sweep: makeSweep(), trials, ...empty, atMs: startMs + 60_000, ...overrides };
}
