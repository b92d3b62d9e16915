import { describe, expect, it } from 'vitest';
import { TrialFailedError } from '../errors.js';
import type { TaskScore } from '../evaluation/eval-report.js';
import type { PlannedTask } from '../evaluation/plan.js';
import { standardError, toTaskOutcomes } from './task-outcomes.js';

const score = (over: Partial<TaskScore> = {}): TaskScore => ({
  ...{ task: 'one', metric: 'acc,none', value: 0.5, documents: 100, higherIsBetter: true },
  ...over,
});
const task = (over: Partial<PlannedTask> = {}): PlannedTask => ({
  ...{ name: 'one', metric: 'acc,none', direction: 'maximize', weight: 1 },
  ...over,
});

describe('standardError', () => {
  it("is lm-eval's where there is one", () => {
    expect(standardError(score({ stderr: 0.02 }))).toBeCloseTo(0.02, 15);
    expect(standardError(score({ metric: 'perplexity,none', value: 9, stderr: 0.2 }))).toBe(0.2);
  });

  it('is that of a share where lm-eval has none', () => {
    expect(standardError(score())).toBeCloseTo(0.05, 15);
  });

  it('is never 0 for a share: all right of 100 is not certainly right of all', () => {
    for (const value of [0, 1])
      for (const given of [{}, { stderr: 0 }])
        expect(standardError(score({ value, ...given }))).toBeCloseTo(Math.sqrt(0.5) / 100, 15);
  });

  it('is unknown for other metrics without one', () => {
    expect(standardError(score({ metric: 'word_perplexity,none', value: 9 }))).toBeUndefined();
  });
});

describe('toTaskOutcomes', () => {
  it('gives values as reported, with direction and share, in the order of the plan', () => {
    const scores = [score({ task: 'b', metric: 'bits_per_byte,none', value: 2 }), score()];
    const tasks = [
      task({ weight: 3 }),
      task({ name: 'b', metric: 'bits_per_byte,none', direction: 'minimize' }),
    ];
    expect(toTaskOutcomes({ scores }, { tasks })).toEqual([
      { value: 0.5, error: 0.05, direction: 'maximize', share: 0.75 },
      { value: 2, direction: 'minimize', share: 0.25 },
    ]);
  });

  it('refuses a report that lacks a task', () => {
    expect(() => toTaskOutcomes({ scores: [] }, { tasks: [task()] })).toThrow(TrialFailedError);
  });
});
