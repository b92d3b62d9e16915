import { describe, expect, it } from 'vitest';
import { TrialFailedError } from '../errors.js';
import type { PlannedTask } from '../evaluation/plan.js';
import { computeFitness, toLoss } from './fitness.js';

const task = (name: string, weight = 1, more: Partial<PlannedTask> = {}): PlannedTask => ({
  name,
  metric: 'acc,none',
  direction: 'maximize',
  weight,
  ...more,
});
const score = (name: string, value: number, metric = 'acc,none') => ({
  task: name,
  metric,
  value,
  documents: 1,
  higherIsBetter: true,
});
const compute = (scores: ReturnType<typeof score>[], tasks: PlannedTask[]) =>
  computeFitness({ scores }, { tasks });

describe('computeFitness', () => {
  it('is the mean weighted by shares, whatever the weights sum to', () => {
    const { fitness, perTask } = compute(
      [score('b', 0.2), score('a', 0.8)],
      [task('a', 6), task('b', 2)],
    );
    expect(fitness).toBeCloseTo(0.65, 15);
    expect(perTask).toEqual([
      { task: 'a', metric: 'acc,none', value: 0.8, share: 0.75 },
      { task: 'b', metric: 'acc,none', value: 0.2, share: 0.25 },
    ]);
  });

  it('turns minimised metrics round, and shows them as they were reported', () => {
    const minimised = task('text', 1, { metric: 'bits_per_byte,none', direction: 'minimize' });
    const { fitness, perTask } = compute([score('text', 2, 'bits_per_byte,none')], [minimised]);
    expect([fitness, perTask[0]?.value]).toEqual([-2, 2]);
  });

  it('takes the metric that was asked for, not another one of the task', () => {
    const tasks = [task('a', 1, { metric: 'exact_match,strict-match' })];
    const strict = score('a', 0.1, 'exact_match,strict-match');
    expect(compute([score('a', 0.9), strict], tasks).fitness).toBe(0.1);
    expect(() => compute([score('a', 0.9)], tasks)).toThrow(
      'expected exact_match,strict-match of task a, got a acc,none',
    );
  });

  it('refuses everything that is not a finite number of sane size', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 1.1e300, null, '0.5', undefined]) {
      const scores = [score('a', value as number), score('b', 1)];
      expect(() => compute(scores, [task('a'), task('b')])).toThrow(TrialFailedError);
    }
    expect(() => compute([], [task('a')])).toThrow('got no score at all');
  });

  it('gives the failure its class and attempt', () => {
    try {
      computeFitness({ scores: [] }, { tasks: [task('a')] }, 3);
      expect.unreachable();
    } catch (error) {
      expect((error as TrialFailedError).failure).toMatchObject({ class: 'bad_score', attempt: 3 });
    }
  });
});

it('turns the sign once, and makes no minus zero', () => {
  expect([toLoss(0.5), toLoss(-2)]).toEqual([-0.5, 2]);
  expect(Object.is(toLoss(0), 0)).toBe(true);
});
