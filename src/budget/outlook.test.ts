import { describe, expect, it } from 'vitest';
import { sweepFileSchema, type SweepFile } from '../spec/schema.js';
import type { CostEstimates } from './cost.js';
import { foresee, type OutlookQuestion } from './outlook.js';
import { readPace } from './pace.js';
import { makeScored, makeTrial, startMs } from './trial.fixture.js';

const fileWith = (budget: object = {}, hasConfirm = false): SweepFile => {
  const task = { name: 't', metric: 'acc,none' };
  return sweepFileSchema.parse({
    version: 1,
    genome: { merge_method: 'linear', base_model: './b', models: ['./a', './c'] },
    tasks: { search: [task], ...(hasConfirm && { confirm: [task] }) },
    budget,
  });
};
const createdAt = new Date(startMs).toISOString();
const question = (over: Partial<OutlookQuestion> & { maxTrials?: number } = {}) => ({
  sweep: { state: 'running' as const, maxTrials: over.maxTrials ?? 10, createdAt },
  ...{ trials: [], file: fileWith(), atMs: startMs + 400_000 },
  ...over,
});
/** Two slots, each with an end every 100 s. */
const measured = [100, 200, 300, 400].flatMap((second, index) => [
  makeScored(`${2 * index + 1}`, second),
  makeScored(`${2 * index + 2}`, second + 50, { slot: 'slot-1' }),
]);
const kind = { gpuSeconds: 360, seconds: 600 };
const estimate: CostEstimates = {
  kinds: { baseline: kind, search: kind, promotion: kind, confirm: kind },
  ...{ factor: 3, source: 'plan' },
};

describe('foresee', () => {
  it('knows nothing of a sweep of which nothing is known', () => {
    expect(foresee(question())).toEqual({ cost: { gpuHours: 0 } });
  });

  it('tells cost and end from the plan before anything was measured, and says so', () => {
    const base = question();
    const outlook = foresee({ ...base, sweep: { ...base.sweep, estimate }, slots: 2 });
    expect(outlook.cost).toEqual({ gpuHours: 0, projectedGpuHours: 1 });
    // Ten on two slots, and half a trial for the last ones, which end one by one.
    expect(outlook.eta).toMatchObject({ seconds: 10 * 300 + 150, source: 'plan' });
    expect(outlook.eta?.plusMinus).toBeCloseTo(2100, 6);
  });

  it('tells them from the pace of the slots once there is one', () => {
    const trials = [...measured, makeTrial('9', { startedAt: createdAt })];
    const { cost, eta } = foresee(question({ trials, maxTrials: 21 }));
    expect(cost.gpuHours).toBeCloseTo((8 * 90) / 3600, 12);
    expect(cost.projectedGpuHours).toBeCloseTo((21 * 90) / 3600, 12);
    // 12 to start and half of the one that runs, at 100 s on two slots; the last one's tail.
    expect(eta).toMatchObject({ seconds: 12.5 * 50 + 25, plusMinus: 0, source: 'measured' });
    expect(eta?.at).toBe(new Date(startMs + 400_000 + 650_000).toISOString());
  });

  it('is the less sure the more the times differ', () => {
    const uneven = [100, 250, 300, 500, 530].map((second, index) =>
      makeScored(String(index + 1), second),
    );
    const near = foresee(question({ trials: uneven, maxTrials: 6 })).eta?.plusMinus ?? 0;
    const far = foresee(question({ trials: uneven, maxTrials: 30 })).eta?.plusMinus ?? 0;
    expect(near).toBeGreaterThan(50);
    expect(far).toBeGreaterThan(2 * near);
  });

  it('counts what a cap lets run, and what it keeps for the confirmations', () => {
    const file = fileWith({ gpu_hours: 0.5, usd_per_gpu_hour: 4 }, true);
    const { cost } = foresee(question({ trials: measured, maxTrials: 100, file }));
    // 720 s are spent, 5 finalists need 450 of 1800 s: 7 trials of 90 s more.
    expect(cost).toEqual({
      ...{ gpuHours: 0.2, usd: 0.8, capGpuHours: 0.5, projectedGpuHours: 0.5, projectedUsd: 2 },
    });
  });

  it('has cards that are held now in the cost, and counts them once', () => {
    const trials = [...measured, makeTrial('9', { startedAt: createdAt })];
    const base = question({ trials, maxTrials: 9, openGpuSeconds: 45 });
    const { cost } = foresee(base);
    expect(cost.gpuHours).toBeCloseTo(765 / 3600, 12);
    expect(cost.projectedGpuHours).toBeCloseTo(810 / 3600, 12);
  });

  it('has no end of a sweep that is finished or paused', () => {
    for (const state of ['finished', 'paused'] as const) {
      const base = question({ trials: measured });
      expect(foresee({ ...base, sweep: { ...base.sweep, state } })).not.toHaveProperty('eta');
    }
  });

  it('takes the stages of results that say nothing of cards', () => {
    const { gpuSeconds: _, ...old } = makeScored('1', 100);
    expect(foresee(question({ trials: [old] })).cost.gpuHours).toBeCloseTo(100 / 3600, 12);
  });
});

describe('readPace', () => {
  it('leaves a night between two ends out', () => {
    const trials = [100, 200, 300, 40_000, 40_100].map((second, index) =>
      makeScored(String(index), second),
    );
    expect(readPace(trials)?.cycles.search).toEqual({ count: 3, mean: 100, spread: 0 });
  });

  it('counts the slots that ended one of the latest trials', () => {
    const gone = makeScored('0', 1, { node: 'n0' });
    const later = Array.from({ length: 32 }, (_, index) => makeScored(`${index + 1}`, 10 + index));
    expect(readPace([gone, ...later])?.slots).toBe(1);
    expect(readPace([gone, ...later.slice(1)])?.slots).toBe(2);
    expect(readPace([])).toBeUndefined();
  });
});
