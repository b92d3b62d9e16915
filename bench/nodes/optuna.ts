/** Optuna with as many jobs as slots, on the same stand-ins. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from '../demo-problem.js';
import { type PeerResult, summarizePeer } from './peer-result.js';
import { box, dimension, tasks } from './problem.js';
import { makeStandIns, type Pace } from './stand-in.js';

export const samplers = ['cma', 'tpe'] as const;

export interface OptunaOrder {
  /** Exists; its alone. */
  readonly folder: string;
  /** Of an environment with Optuna. */
  readonly python: string;
  readonly sampler: (typeof samplers)[number];
  readonly slots: number;
  readonly pace: Pace;
  readonly trials: number;
}

export async function runOptuna(order: OptunaOrder): Promise<PeerResult> {
  const { folder, python, sampler, slots, pace, trials } = order;
  const tools = makeStandIns(folder, pace);
  const settings = join(folder, 'optuna.json');
  writeFileSync(
    settings,
    JSON.stringify({
      ...{ sampler, slots, trials, seed: pace.seed, box, tasks, parents: dimension / 2 },
      ...{ work: join(folder, 'optuna'), mergekit_yaml: tools.mergekitYaml, lm_eval: tools.lmEval },
    }),
  );
  await execa(python, [join(root, 'bench', 'nodes', 'optuna_search.py'), settings]);
  return summarizePeer(tools.readTimeline(), slots);
}
