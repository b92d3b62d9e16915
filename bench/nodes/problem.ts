/** What every system that is compared searches: three parents of the zoo, six numbers. */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { root } from '../demo-problem.js';

export const sweepName = 'nodes';
export const box = { weight: [0, 1], density: [0.1, 0.9] } as const;
export const tasks = ['zoo_shift_search', 'zoo_rev_search', 'zoo_third_search'] as const;
const parents = ['spec-shift', 'spec-rev', 'spec-third'] as const;
/** Weight and density of each parent. */
export const dimension = 2 * parents.length;

/** No confirmation: the stand-in knows true scores. */
export function renderSweep(trials: number, seed: number): string {
  const zoo = (name: string): string => join(root, 'zoo', 'models', name);
  const range = ([min, max]: readonly [number, number]) => ({ min, max });
  return stringify({
    version: 1,
    name: sweepName,
    genome: {
      ...{ merge_method: 'dare_ties', base_model: zoo('base'), models: parents.map(zoo) },
      parameters: { weight: range(box.weight), density: range(box.density) },
      dtype: 'float32',
    },
    optimizer: { max_trials: trials, seed },
    evaluation: { mode: 'cold', device: 'cpu', include_path: join(root, 'zoo', 'tasks') },
    tasks: { search: tasks.map((name) => ({ name, metric: 'exact_match,none' })) },
    // Deaths of a node are attempts.
    limits: { attempts: 10 },
  });
}

/** The part of a merge's file that the stand-in reads. @param x in the unit box: weights, then densities */
export function renderMerge(x: readonly number[]): string {
  const place = (unit = 0, [low, high]: readonly [number, number]): number =>
    low + (high - low) * unit;
  const lines = parents.flatMap((_, parent) => [
    `weight: ${place(x[parent], box.weight)}`,
    `density: ${place(x[parents.length + parent], box.density)}`,
  ]);
  return `${['merge_method: dare_ties', ...lines].join('\n')}\n`;
}
