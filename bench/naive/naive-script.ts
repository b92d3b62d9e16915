/** The script that people copy, as it is: some trials, each with two fresh processes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { peerEnvironment, readDemoSpec, root } from '../demo-problem.js';
import { runMeasured, type Moment } from '../measured-run.js';
import { costPerTrial, type SearchCost } from './search-cost.js';
import { announce, tell } from '../tell.js';

export const naiveScript = join(root, 'bench', 'naive', 'search.py');

export interface NaiveOrder {
  /** Exists. */
  readonly folder: string;
  /** The interpreter of bench-environment.ts. */
  readonly python: string;
  readonly trials: number;
  /** Of Optuna's sampler. */
  readonly seed: number;
}

export interface NaiveCost extends SearchCost {
  /** Until it is ready for its first trial: imports. */
  readonly startSeconds: number;
  readonly whole: Moment & { readonly trials: number };
}

export async function measureNaiveScript(order: NaiveOrder): Promise<NaiveCost> {
  const settingsPath = writeNaiveSettings(order, 'naive');
  const args = [naiveScript, settingsPath];
  announce('naive', order.python, args);
  const moments: Moment[] = [];
  const whole = await runMeasured(
    {
      command: order.python,
      args,
      cwd: root,
      env: peerEnvironment(),
      logPath: join(order.folder, 'naive.log'),
    },
    (line, moment) => {
      moments.push(moment);
      const { trial, score } = line as { trial?: number; score?: number };
      if (trial !== undefined) tell('naive, cold,', trial, score, moment);
    },
  );
  return {
    ...costPerTrial(moments, order.trials),
    startSeconds: moments[0]?.seconds ?? Number.NaN,
    whole: { ...whole, trials: order.trials },
  };
}

/**
 * Writes the sweep file's search as the script reads it.
 * @returns the path
 */
export function writeNaiveSettings({ folder, trials, seed }: NaiveOrder, name: string): string {
  const spec = readDemoSpec();
  const { genome, evaluation, tasks } = spec.file;
  const { mergekitYaml, lmEval } = readConfig({}, process.env, root).tools;
  const ranges = Object.entries(genome.parameters).flatMap(([parameter, range]) =>
    typeof range === 'number' ? [] : [[parameter, [range.min, range.max]] as const],
  );
  const settings = {
    work: folder,
    trials,
    seed,
    mergekit_yaml: mergekitYaml,
    lm_eval: lmEval,
    merge_method: genome.merge_method,
    base_model: spec.base.model,
    models: spec.parents.map(({ model }) => model),
    ranges: Object.fromEntries(ranges),
    dtype: genome.dtype,
    tasks: Object.fromEntries(tasks.search.map((task) => [task.name, task.metric])),
    include_path: spec.includePath,
    cwd: spec.evaluationCwd,
    batch_size: evaluation.batch_size,
  };
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(settings, undefined, 2));
  return path;
}
