import { describe, expect, it } from 'vitest';
import { sweepFileSchema, type SweepFile } from '../spec/schema.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { sweepPath, sweepText } from '../spec/sweep-text.fixture.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { TrialRow } from '../store/rows.js';
import { estimateCosts } from './estimate.js';
import { forecast } from './forecast.js';
import { learnFromFormer, type FormerSweep } from './former-sweep.js';
import { makeScored, makeTrial } from './trial.fixture.js';

const task = (limit?: number) => ({ name: 't', metric: 'acc,none', ...(limit && { limit }) });
const fileWith = (over: object = {}): SweepFile =>
  sweepFileSchema.parse({
    version: 1,
    genome: { merge_method: 'dare_ties', base_model: './b', models: ['./a', './c', './d'] },
    merge: { cuda: true },
    tasks: { search: [task(192)] },
    evaluation: { batch_size: 64 },
    ...over,
  });
const sevenB = { parentsBytes: 53.9e9, modelBytes: 13.5e9 };
const card = { isOnCpu: false, cards: 1, isWarm: true };

describe('estimateCosts', () => {
  it('is near what one H100 took for a 7B trial, within its factor', () => {
    const { kinds, factor } = estimateCosts(fileWith(), sevenB, card);
    // 30 s measured, of short documents (bench/README.md); cold 59 s.
    expect(kinds.search.seconds).toBeGreaterThan(30 / factor);
    expect(kinds.search.seconds).toBeLessThan(30 * factor);
    const cold = estimateCosts(fileWith(), sevenB, { ...card, isWarm: false });
    expect(cold.kinds.search.seconds).toBeGreaterThan(kinds.search.seconds + 15);
  });

  it('counts a merge on the CPU for no card, and beside the evaluation', () => {
    const onCpu = estimateCosts(fileWith({ merge: { cuda: false } }), sevenB, card);
    const { seconds, gpuSeconds } = onCpu.kinds.search;
    expect(seconds).toBeGreaterThan(300);
    expect(gpuSeconds).toBeLessThan(seconds);
  });

  it('counts every card of a model over several', () => {
    const one = estimateCosts(fileWith(), sevenB, card).kinds.search;
    const four = estimateCosts(fileWith(), sevenB, { ...card, cards: 4 }).kinds.search;
    expect(four.gpuSeconds).toBeGreaterThan(3 * one.gpuSeconds);
    expect(four.seconds).toBeLessThanOrEqual(one.seconds);
  });

  it('is less for the first rung, and goes by the documents of the split', () => {
    const file = fileWith({
      tasks: { search: [task(500)], confirm: [task(5000)] },
      fidelity: { strategy: 'race' },
    });
    const { kinds } = estimateCosts(file, sevenB, card);
    expect(kinds.search.seconds).toBeLessThan(kinds.baseline.seconds);
    expect(kinds.confirm.seconds).toBeGreaterThan(3 * kinds.baseline.seconds);
    expect(kinds.promotion.seconds).toBeLessThanOrEqual(kinds.baseline.seconds);
  });
});

describe('forecast', () => {
  it('sums the trials of every kind, and takes the price of the file', () => {
    const file = fileWith({
      tasks: { search: [task()], confirm: [task()] },
      budget: { usd_per_gpu_hour: 3 },
    });
    const each = { gpuSeconds: 3600, seconds: 3600 };
    const kinds = { baseline: each, search: each, promotion: each, confirm: each };
    const plan = forecast(file, { kinds, factor: 4, source: 'plan' }, 4);
    // Base, three parents, uniform, TIES; 100 candidates; five finalists and the baselines once more.
    expect(plan.trials).toEqual({ baseline: 6, search: 100, promotion: 0, confirm: 11 });
    expect(plan).toMatchObject({ gpuHours: 117, usd: 351, slots: 4, trialSeconds: 3600 });
    expect(plan.wallClockHours).toBeCloseTo(117 / 4 + 0.75, 9);
  });
});

describe('learnFromFormer', () => {
  const parse = (text: string) => {
    const parsed = parseSweepSpec(text, sweepPath, '/home/me');
    if (!parsed.ok) throw new Error('a sweep file');
    return parsed.spec;
  };
  const spec = parse(sweepText);
  const planned = estimateCosts(spec.file, sevenB, card);
  const former = (spec: SweepSpec, trials: readonly TrialRow[]): FormerSweep => ({
    name: spec.name,
    readSpec: () => spec,
    listTrials: () => trials,
  });
  const unreadable: FormerSweep = {
    name: 'newer',
    readSpec: () => undefined,
    listTrials: () => [makeScored('1', 1)],
  };

  it('takes the times of the latest sweep of the same models and tasks, whatever its budget', () => {
    const other = parse(sweepText.replace('task_a', 'task_z'));
    const same = parse(`${sweepText}optimizer: { max_trials: 7 }\n`);
    const formers = [
      former(same, [makeScored('1', 1), makeTrial('2')]),
      former(other, [makeScored('1', 1, { gpuSeconds: 1 })]),
    ];
    const learnt = learnFromFormer(spec, formers, planned);
    expect(learnt).toMatchObject({ source: 'former sweep', factor: 1.5 });
    expect(learnt?.kinds.search).toEqual({ gpuSeconds: 90, seconds: 100 });
    // Not measured there: as planned, corrected by how the search turned out.
    const scale = 100 / planned.kinds.search.seconds;
    expect(learnt?.kinds.confirm.seconds).toBeCloseTo(planned.kinds.confirm.seconds * scale, 9);
  });

  it('learns nothing from another sweep, nor from one without a score', () => {
    const other = parse(sweepText.replace('org/beta', 'org/gamma'));
    const formers = [former(other, [makeScored('1', 1)]), former(spec, [makeTrial('1')])];
    expect(learnFromFormer(spec, formers, planned)).toBeUndefined();
    expect(learnFromFormer(spec, [unreadable], planned)).toBeUndefined();
  });

  it('reads no trials of other sweeps, and nothing of those before the one that it learns from', () => {
    const read: string[] = [];
    const noted = (name: string, text: string): FormerSweep => ({
      name,
      readSpec: () => {
        read.push(`${name} spec`);
        return parse(text);
      },
      listTrials: () => {
        read.push(`${name} trials`);
        return [makeScored('1', 1)];
      },
    });
    const formers = [
      noted('first', sweepText),
      noted('second', sweepText),
      noted('other', sweepText.replace('task_a', 'task_z')),
    ];
    expect(learnFromFormer(spec, formers, planned)).toBeDefined();
    expect(read).toEqual(['other spec', 'second spec', 'second trials']);
  });
});
