import { describe, expect, it } from 'vitest';
import { asyncSpeedup, listWorkersJobs, sampleOverhead } from './async-speed.js';
import { summarizeStrategy, type WorkersRecord } from './async-speed.js';

/** Ours takes a quarter of the barrier's time, and with 16 workers 1.5 times the trials of one. */
const records = listWorkersJobs(['search'], [1, 2], () => 0).map((job): WorkersRecord => {
  const trials = job.workers === 16 ? 150 : 100;
  const result = { isHit: true, trials, time: job.hasBarrier ? 80 : 20, utilisation: 1 };
  return { job, result };
});

describe('the figures of simulated workers', () => {
  it('compare expected times, and trials', () => {
    const speedup = asyncSpeedup(records, 'search', { workers: 8, sigmaLn: 0.5 });
    expect(speedup.value).toBeCloseTo(4);
    expect(speedup.quartiles[0]).toBeCloseTo(4);
    expect(sampleOverhead(records, 'search', 16).value).toBeCloseTo(1.5);
  });

  it('charge the misses to the hits', () => {
    const half = records.map(({ job, result }): WorkersRecord => ({
      job,
      result: job.instance === 2 ? { ...result, isHit: false, trials: 300, time: 60 } : result,
    }));
    const strategy = { optimizer: 'search', hasBarrier: false, workers: 8, sigmaLn: 0.5 };
    const summary = summarizeStrategy(half, strategy, 'sphere_d8');
    expect(summary).toMatchObject({ hitRate: 0.5, expectedTrials: 400, expectedTime: 80 });
    expect(summary.timeQuartiles).toEqual([Infinity, Infinity, Infinity]);
  });

  it('need the barrier with several workers only', () => {
    const barriers = records.filter(({ job }) => job.hasBarrier);
    expect([...new Set(barriers.map(({ job }) => job.workers))]).toEqual([8, 16]);
    expect([...new Set(barriers.map(({ job }) => job.optimizer))]).toEqual(['plain-cma']);
  });
});
