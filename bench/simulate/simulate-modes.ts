/** The ways to run a sweep, as costs of its stages. */
import {
  cudaStartSeconds,
  environmentInfoSeconds,
  evaluatorBuildSeconds,
  orchestrationSeconds,
  type ModelSize,
  type StartCosts,
} from './simulate-costs.js';
import type { SimulatedSweep } from './simulate-sweep.js';

export interface SimulationRates {
  /** Of checkpoints, reading as writing; bytes/s. Estimate: 1–2 GB/s, facts/pipeline.md §2. */
  readonly diskBytesPerSecond: number;
  /**
   * Bytes of base and parents that are merged in a second, the way into the card included. Measured by
   * `npm run bench -- stages` on an H100: 38.9 GB of a mapped 7B base and two parents in 28 s.
   */
  readonly mergeBytesPerSecond: number;
  /** Evaluation cost of a race ÷ that of full evaluation (`npm run bench -- fidelity`). */
  readonly raceCostRatio: number;
  /** Merges of a race ÷ trials: its promotions are merged again (`npm run bench -- fidelity`). */
  readonly raceMergesRatio: number;
}

export const modes = ['naive', 'cold, overlapped', 'warm', 'warm, race'] as const;
export type Mode = (typeof modes)[number];

export interface Simulation {
  readonly trials: number;
  readonly size: ModelSize;
  /** Of one model on all documents. */
  readonly evaluateSeconds: number;
  readonly starts: StartCosts;
  readonly rates: SimulationRates;
}

export function planMode(mode: Mode, simulation: Simulation): SimulatedSweep {
  const { trials, size, evaluateSeconds, starts, rates } = simulation;
  const { modelBytes, parentsBytes } = size;
  const checkpoint = modelBytes / rates.diskBytesPerSecond;
  const merge = parentsBytes / rates.mergeBytesPerSecond;
  const mergeProcess = starts.mergekit + cudaStartSeconds + merge + checkpoint;
  const evaluatorStart =
    starts.lmEval + starts.taskIndex + evaluatorBuildSeconds + cudaStartSeconds;
  const evaluatorLoad = evaluatorStart + checkpoint + environmentInfoSeconds;
  const fresh = {
    ...{ jobs: trials, startSeconds: 0, evaluateSeconds },
    prepareSeconds: mergeProcess,
    loadSeconds: evaluatorLoad,
  };
  if (mode === 'naive') return { ...fresh, inFlight: 1 };
  if (mode === 'cold, overlapped') {
    return { ...fresh, inFlight: 2, prepareSeconds: mergeProcess + orchestrationSeconds };
  }
  // The merge ends in the card; that it comes by way of the host's memory is the dearer case.
  const intoModel = modelBytes / rates.mergeBytesPerSecond;
  const warm: SimulatedSweep = {
    ...{ jobs: trials, inFlight: 2, evaluateSeconds },
    // The two children start at once, and read each parent once between them.
    startSeconds: starts.mergekit + evaluatorStart + parentsBytes / rates.diskBytesPerSecond,
    prepareSeconds: merge + intoModel + orchestrationSeconds,
    loadSeconds: 0,
  };
  if (mode === 'warm') return warm;
  const jobs = Math.round(trials * rates.raceMergesRatio);
  // Rungs differ in length; here all are as long as their mean.
  return {
    ...warm,
    jobs,
    evaluateSeconds: (evaluateSeconds * rates.raceCostRatio * trials) / jobs,
  };
}
