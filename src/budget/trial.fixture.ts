import type { TrialRow } from '../store/rows.js';
import { makeRun } from '../../workflows/trial.fixture.js';

export const startMs = Date.UTC(2026, 0, 1);

/** A trial of sweep `demo`; `proposed`, not handed out. */
export function makeTrial(trial: string, over: Partial<TrialRow> = {}): TrialRow {
  return {
    ...{ sweep: 'demo', trial, kind: 'search', ordinal: 1, state: 'proposed' },
    ...{ input: makeRun(trial), isDivergent: false, proposedAt: new Date(startMs).toISOString() },
    ...over,
  };
}

/** Scored so many seconds after the start. */
export function makeScored(trial: string, second: number, over: Partial<TrialRow> = {}): TrialRow {
  const endedAt = new Date(startMs + second * 1000).toISOString();
  return makeTrial(trial, {
    ...{ state: 'complete', fitness: 0.5, endedAt, startedAt: endedAt },
    ...{ node: 'n1', slot: 'slot-0', mergeSeconds: 10, evaluateSeconds: 90, gpuSeconds: 90 },
    ...over,
  });
}
