import { describe, expect, it } from 'vitest';
import type { EvaluationPlan } from '../evaluation/plan.js';
import type { TrialRow } from '../store/rows.js';
import { compareModels } from './comparison.js';
import {
  createFakeReader,
  demoSketches,
  demoSweep,
  sketchSweep,
  sweepRow,
  unpackPlain,
  type FakeSweep,
} from './ledger.fixture.js';
import { compareMeans } from './mean-difference.js';
import { comparePaired } from './paired.js';
import { renderComparison } from './render-comparison.js';
import { resolveModels } from './resolve-reference.js';

const compare = (sweeps: readonly FakeSweep[], ...texts: string[]) => {
  const reader = createFakeReader(sweeps);
  return compareModels(reader, resolveModels(reader, texts), unpackPlain);
};

describe('compareModels', () => {
  it('pairs documents on both splits, each model against the first', () => {
    const { models, tasks } = compare([demoSweep()], 'demo', 'spec-shift', 'base');
    expect(models.map(({ name }) => name)).toEqual(['demo#2', 'demo#spec-shift', 'demo#base']);
    expect(tasks.map(({ split, task }) => `${split} ${task}`)).toEqual([
      'search zoo_shift_search',
      'search zoo_third_search',
      'confirm zoo_shift_confirm',
      'confirm zoo_third_confirm',
    ]);
    const [first, parent] = tasks[3]!.cells;
    expect(first).toMatchObject({ value: 0.96 });
    expect(first?.difference).toBeUndefined();
    expect(parent?.difference).toBeCloseTo(-0.65, 12);
    // The fixture's documents nest: 65 only the first gets right.
    expect(parent?.paired).toMatchObject({ documents: 100, verdict: 'worse' });
    expect(parent?.paired?.stderr).toBeCloseTo(Math.sqrt((0.65 * 0.35) / 99), 12);
  });

  it('shows no difference where noise explains it', () => {
    const { tasks } = compare([demoSweep()], 'demo', 'spec-shift');
    expect(tasks[2]?.cells[1]?.paired?.verdict).toBe('better');
    expect(tasks[0]?.cells[1]?.paired?.verdict).toBe('no difference shown');
  });

  it('compares what a confirmation confirms', () => {
    expect(compare([demoSweep()], 'demo#c1', 'base').models[0]?.name).toBe('demo#2');
  });

  it('takes no difference between other documents under the same name', () => {
    const other = sketchSweep(sweepRow({ name: 'demo-2' }), [{ id: '1', scores: [0.9, 0.9] }]);
    const documents = other.documents?.map((row) => ({ ...row, documentsHash: 'others' }));
    const { tasks } = compare([demoSweep(), { ...other, documents: documents! }], 'demo', 'demo-2');
    expect(tasks[0]?.cells[1]).toMatchObject({
      value: 0.9,
      notComparable: 'not the same documents',
    });
    expect(tasks[0]?.cells[1]?.difference).toBeUndefined();
  });

  it('takes no difference between other numbers of documents or few-shot examples', () => {
    const other = sketchSweep(sweepRow({ name: 'demo-2' }), [{ id: '1', scores: [0.9, 0.9] }]);
    const fewer = other.scores?.map((row) => ({ ...row, documents: 50 }));
    const bare = { ...other, documents: [] };
    const reasons = (sweep: FakeSweep): (string | undefined)[] =>
      compare([demoSweep(), sweep], 'demo', 'demo-2').tasks.map(
        ({ cells }) => cells[1]?.notComparable,
      );
    expect(reasons({ ...bare, scores: fewer! })[0]).toBe('not the same documents (100 and 50)');
    const trials = other.trials.map((trial) => ({
      ...trial,
      input: {
        ...trial.input,
        evaluation: {
          ...trial.input.evaluation,
          tasks: trial.input.evaluation.tasks.map((task) => ({ ...task, numFewshot: 5 })),
        },
      },
    }));
    expect(reasons({ ...bare, trials })[0]).toBe('not the same number of few-shot examples');
  });

  it('has the difference without a test where there are no per-document values', () => {
    const sweep = { ...demoSweep(), documents: [] };
    const cell = compare([sweep], 'demo', 'base').tasks[0]?.cells[1];
    expect(cell?.difference).toBeCloseTo(-0.93, 12);
    expect(cell?.paired).toBeUndefined();
  });
});

describe('the weighted mean', () => {
  const meanOf = (sweeps: readonly FakeSweep[], ...texts: string[]) =>
    compare(sweeps, ...texts).models[1]?.means.confirm?.toFirst;

  it('is tested with the paired errors of its tasks', () => {
    const { tasks } = compare([demoSweep()], 'demo', 'ties');
    const errors = tasks.slice(2).map(({ cells }) => cells[1]?.paired?.stderr ?? Number.NaN);
    const mean = meanOf([demoSweep()], 'demo', 'ties');
    expect(mean?.difference).toBeCloseTo(-0.185, 12);
    expect(mean?.stderr).toBeCloseTo(Math.hypot(...errors) / 2, 12);
    expect(mean?.verdict).toBe('worse');
  });

  it('has no error where a task has none, and none at all for other documents', () => {
    const bare = { ...demoSweep(), documents: [] };
    expect(meanOf([bare], 'demo', 'ties')).toEqual({
      difference: expect.closeTo(-0.185) as number,
    });
    const mixed = demoSweep().documents?.map((row) =>
      row.trial === 'c6' ? { ...row, documentsHash: 'others' } : row,
    );
    expect(meanOf([{ ...demoSweep(), documents: mixed! }], 'demo', 'ties')).toBeUndefined();
  });

  it('is not compared between other weights', () => {
    const sweep = demoSweep();
    const trials = sweep.trials.map((trial) => {
      if (trial.trial !== 'c6') return trial;
      const { evaluation } = trial.input;
      const tasks = evaluation.tasks.map((task, index) => ({ ...task, weight: 1 + index }));
      return { ...trial, input: { ...trial.input, evaluation: { ...evaluation, tasks } } };
    });
    expect(meanOf([{ ...sweep, trials }], 'demo', 'ties')).toBeUndefined();
  });
});

describe('compareMeans', () => {
  const planned = { name: 't', metric: 'm', direction: 'minimize', weight: 2 } as const;

  it('turns metrics that are minimised', () => {
    const paired = comparePaired([3, 4, 5, 6], [2, 3.5, 4, 5.5], false);
    const mean = compareMeans([{ planned, paired }], 0.75);
    expect(mean).toMatchObject({ difference: 0.75, verdict: 'better' });
    expect(mean.stderr).toBeCloseTo(paired.stderr ?? Number.NaN, 12);
  });

  it('has no error for a metric that is not the mean of its documents', () => {
    const paired = comparePaired([3, 4, 5, 6], [2, 3.5, 4, 5.5], false);
    expect(compareMeans([{ planned, paired }], 0.7)).toEqual({ difference: 0.7 });
  });
});

describe('cautions', () => {
  it('say that the best was chosen among several by the scores that are compared', () => {
    const two = [...demoSketches(), { id: 'c7', confirms: '1', scores: [0.5, 0.5] } as const];
    const of = (...texts: string[]) => compare([sketchSweep(sweepRow(), two)], ...texts).cautions;
    expect(of('demo', 'spec-shift')).toEqual([
      'demo#2, confirm: chosen among 2 finalists on these documents, which flatters it: take a ' +
        'difference there for real below p = 0.025',
    ]);
    expect(of('demo#1', 'spec-shift')).toEqual([]);
    expect(compare([demoSweep()], 'demo', 'spec-shift').cautions).toEqual([]);
  });

  const cautionsOf = (over: Partial<TrialRow>, settings: Partial<EvaluationPlan> = {}) => {
    const sweep = demoSweep();
    const trials = sweep.trials.map((trial) => {
      if (trial.trial === '2') return { ...trial, taskHashes: { zoo_shift_search: 'a' } };
      if (trial.trial !== 'b2') return trial;
      const evaluation = { ...trial.input.evaluation, ...settings };
      return { ...trial, ...over, input: { ...trial.input, evaluation } };
    });
    return compare([{ ...sweep, trials }], 'demo', 'spec-shift');
  };

  it('are none between trials of one plan', () => {
    expect(cautionsOf({ taskHashes: { zoo_shift_search: 'a', other: 'x' } }).cautions).toEqual([]);
  });

  it('name other prompts and settings, and forbid nothing', () => {
    const comparison = cautionsOf(
      { taskHashes: { zoo_shift_search: 'b' } },
      { batchSize: 16, args: { apply_chat_template: true } },
    );
    expect(comparison.cautions).toEqual([
      'demo#spec-shift and demo#2, search: evaluated with another batch_size, args',
      'demo#spec-shift and demo#2, search: other prompts or targets in zoo_shift_search ' +
        "(lm-eval's task hashes differ)",
    ]);
    expect(comparison.tasks[0]?.cells[1]?.paired).toBeDefined();
    expect(renderComparison(comparison).join('\n')).toContain('! demo#spec-shift and demo#2');
  });
});

describe('renderComparison', () => {
  it('says how its p-values were made', () => {
    const text = renderComparison(compare([demoSweep()], 'demo', 'base')).join('\n');
    expect(text).toContain('0/1 metrics: exact McNemar test;');
    expect(text).not.toContain('t-test');
  });

  it('flags what can not be compared and what is not scored', () => {
    const other = sketchSweep(sweepRow({ name: 'demo-2' }), [{ id: '1', scores: [0.9, 0.9] }]);
    const documents = other.documents?.map((row) => ({ ...row, documentsHash: 'others' }));
    const text = renderComparison(
      compare([demoSweep(), { ...other, documents: documents! }], 'demo', 'demo-2'),
    ).join('\n');
    expect(text).toContain('not the same documents');
    expect(text).toMatch(/zoo_shift_confirm +–.* not scored/);
  });

  it('says so when nothing is scored', () => {
    const sweep = sketchSweep(sweepRow(), [{ id: '1' }, { id: '2' }]);
    expect(renderComparison(compare([sweep], 'demo#1', 'demo#2'))).toEqual([
      'demo#1, demo#2: not scored yet',
    ]);
  });
});
