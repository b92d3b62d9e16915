/** What asynchronous workers gain over a generation barrier, and what they cost in trials. */
import type { WorkersJob } from './jobs.js';
import { regretScale } from './regret.js';
import type { WorkersResult } from './simulate-workers.js';
import { geometricMean, type Quartiles, quartiles, resampledQuartiles } from './statistics.js';

/** Regrets that are to be reached, in points of accuracy for the merge: those of the earlier research. */
export const asyncTargets: Readonly<Record<string, number>> = {
  sphere_d8: 1,
  rosenbrock_d8: 300,
  merge_K4_G2_N1000: 6,
};

/** What is run; times are compared with the same spread of durations alone. */
export const asyncSetups = [
  { workers: 1, sigmaLn: 0.5 },
  { workers: 8, sigmaLn: 0.5 },
  { workers: 16, sigmaLn: 0.5 },
  { workers: 8, sigmaLn: 1 },
] as const;

const TRIALS = 300;
/** The barrier is that of the plain CMA-ES. */
export const barrierSearch = 'plain-cma';

/** @param optimum of a spec and an instance */
export function listWorkersJobs(
  optimizers: readonly string[],
  instances: readonly number[],
  optimum: (spec: string, instance: number) => number,
): WorkersJob[] {
  const jobs: WorkersJob[] = [];
  for (const instance of instances) {
    for (const [spec, regret] of Object.entries(asyncTargets)) {
      const target = optimum(spec, instance) + regret / regretScale(spec);
      for (const { workers, sigmaLn } of asyncSetups) {
        const common = { kind: 'workers', spec, instance, workers, sigmaLn, target } as const;
        const add = (optimizer: string, hasBarrier: boolean): void => {
          jobs.push({ ...common, trials: TRIALS, optimizer, hasBarrier });
        };
        for (const optimizer of optimizers) add(optimizer, false);
        // With one worker a barrier holds nobody up.
        if (workers > 1) add(barrierSearch, true);
      }
    }
  }
  return jobs;
}

export interface WorkersRecord {
  readonly job: WorkersJob;
  readonly result: WorkersResult;
}

export interface Strategy {
  readonly optimizer: string;
  readonly hasBarrier: boolean;
  readonly workers: number;
  readonly sigmaLn: number;
}

export interface StrategySummary extends Strategy {
  readonly spec: string;
  readonly runs: number;
  /** Share of runs that hit the target. */
  readonly hitRate: number;
  /** All trials, those of the misses too, ÷ hits; infinite without one. */
  readonly expectedTrials: number;
  /** The same of the time, in medians of a trial. */
  readonly expectedTime: number;
  /** Of the time to the target; a miss never gets there. */
  readonly timeQuartiles: Quartiles;
  readonly utilisation: number;
}

export function summarizeStrategy(
  records: readonly WorkersRecord[],
  strategy: Strategy,
  spec: string,
): StrategySummary {
  const results = select(records, strategy, spec).map(({ result }) => result);
  const hits = results.filter(({ isHit }) => isHit);
  return {
    ...strategy,
    spec,
    runs: results.length,
    hitRate: hits.length / results.length,
    expectedTrials: expected(results, ({ trials }) => trials),
    expectedTime: expected(results, ({ time }) => time),
    timeQuartiles: quartiles(results.map(({ isHit, time }) => (isHit ? time : Infinity))),
    utilisation:
      results.reduce((sum, { utilisation }) => sum + utilisation, 0) / Math.max(1, results.length),
  };
}

export interface AsyncFigure {
  /** Geometric mean over the three functions. */
  readonly value: number;
  /** Of the value, over draws of the instances. */
  readonly quartiles: Quartiles;
  readonly perFunction: Readonly<Record<string, number>>;
}

/** Expected time of the barrier ÷ that of `ours`. */
export function asyncSpeedup(
  records: readonly WorkersRecord[],
  ours: string,
  setup: Pick<Strategy, 'workers' | 'sigmaLn'>,
): AsyncFigure {
  const barrier = { ...setup, optimizer: barrierSearch, hasBarrier: true };
  const own = { ...setup, optimizer: ours, hasBarrier: false };
  return figure(records, barrier, own, ({ time }) => time);
}

/** Expected trials with so many workers ÷ those with one. */
export function sampleOverhead(
  records: readonly WorkersRecord[],
  ours: string,
  workers: number,
): AsyncFigure {
  const own = { optimizer: ours, hasBarrier: false, sigmaLn: 0.5 };
  return figure(records, { ...own, workers }, { ...own, workers: 1 }, ({ trials }) => trials);
}

function figure(
  records: readonly WorkersRecord[],
  above: Strategy,
  below: Strategy,
  count: (result: WorkersResult) => number,
): AsyncFigure {
  const specs = Object.keys(asyncTargets);
  const sides = new Map(
    specs.map((spec) => [spec, [select(records, above, spec), select(records, below, spec)]]),
  );
  const instances = [...new Set(records.map(({ job }) => job.instance))];
  const ratioOf = (spec: string, drawn: readonly number[]): number => {
    const [top = [], bottom = []] = (sides.get(spec) ?? []).map((side) =>
      drawn.flatMap((instance) =>
        side.filter(({ job }) => job.instance === instance).map(({ result }) => result),
      ),
    );
    return expected(top, count) / expected(bottom, count);
  };
  const valueOf = (drawn: readonly number[]): number =>
    geometricMean(specs.map((spec) => ratioOf(spec, drawn)));
  return {
    value: valueOf(instances),
    quartiles: resampledQuartiles(instances, valueOf),
    perFunction: Object.fromEntries(specs.map((spec) => [spec, ratioOf(spec, instances)])),
  };
}

/** As of a search that starts anew after each miss. */
function expected(
  results: readonly WorkersResult[],
  count: (result: WorkersResult) => number,
): number {
  const total = results.reduce((sum, result) => sum + count(result), 0);
  return total / results.filter(({ isHit }) => isHit).length;
}

function select(
  records: readonly WorkersRecord[],
  { optimizer, hasBarrier, workers, sigmaLn }: Strategy,
  spec: string,
): WorkersRecord[] {
  return records.filter(
    ({ job }) =>
      job.optimizer === optimizer &&
      job.hasBarrier === hasBarrier &&
      job.workers === workers &&
      job.sigmaLn === sigmaLn &&
      job.spec === spec,
  );
}
