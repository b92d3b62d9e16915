import { readBestParent } from '../src/store/best-parent.js';
import type { Standing } from '../src/store/standings.js';
import { readSpentGpuSeconds } from '../src/store/usage.js';
import type { SweepProgress } from './contracts.js';
import type { Turn } from './turn.js';

/** For Temporal's UI: it goes into the history with each reply, so it is short. */
export function readSweepProgress(
  { db, sweep, spec }: Turn,
  standings: readonly Standing[],
  best: Standing | undefined,
  maxTrials: number,
): SweepProgress {
  const ended = standings.filter(({ kind, state }) => kind === 'search' && state !== 'proposed');
  const bestParent = readBestParent(db, sweep);
  const { usd_per_gpu_hour: price, gpu_hours: cap } = spec.file.budget;
  // Summing it up reads every trial: only where somebody asks for it.
  const isCounted = price !== undefined || cap !== undefined;
  const gpuHours = isCounted ? readSpentGpuSeconds(db, sweep) / 3600 : undefined;
  return {
    ...{ ended: ended.length, maxTrials },
    ...(best?.fitness === undefined ? {} : { best: { trial: best.trial, score: best.fitness } }),
    ...(bestParent === undefined ? {} : { bestParent }),
    ...(gpuHours === undefined ? {} : { gpuHours: Number(gpuHours.toFixed(4)) }),
    ...(gpuHours === undefined || price === undefined
      ? {}
      : { usd: Number((gpuHours * price).toFixed(2)) }),
  };
}
