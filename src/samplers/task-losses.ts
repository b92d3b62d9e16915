import { toLoss } from '../scoring/fitness.js';
import type { Outcome } from './sampler.js';

/**
 * What came of a point, task by task, minimised, in the order of the plan; with errors where every
 * task has one.
 *
 * @param count of the plan's tasks
 * @throws RangeError where the outcome has other tasks: an event of another version
 */
export function toLosses(
  { tasks = [] }: Outcome,
  count: number,
): { readonly values: number[]; readonly errors?: number[] } {
  if (tasks.length !== count) {
    throw new RangeError(`expected what came of ${count} tasks, got ${tasks.length}`);
  }
  const values = tasks.map(({ value, direction }) =>
    direction === 'minimize' ? value : toLoss(value),
  );
  const errors = tasks.flatMap(({ error }) => error ?? []);
  return errors.length === count ? { values, errors } : { values };
}
