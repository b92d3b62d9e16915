/**
 * mergekit-evolve on the demo's problem: its own search space and CMA-ES, one actor, evaluations one
 * after another; merges and evaluations in bfloat16, which it has no setting for.
 *
 * The steady state goes from the end of the first evaluation to that of the last: Ray's start and
 * the imports are before it, saving the winner is after it. `whole` counts both. The winner's confirm
 * score is ours, and in neither.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readConfig } from '../../src/config.js';
import type { SweepSpec } from '../../src/spec/sweep-spec.js';
import { readVersions } from '../bench-environment.js';
import { scoreOnConfirm } from '../confirm-score.js';
import { peerEnvironment, readDemoSpec, root } from '../demo-problem.js';
import { prepareEvolve, type EvolveEnvironment } from './evolve-environment.js';
import { runMeasured, type Moment } from '../measured-run.js';
import { announce, tell } from '../tell.js';

export interface EvolveOrder {
  /** Exists; gets a folder `evolve`. */
  readonly folder: string;
  /** Of DARE's masks and, plus one, of pycma: its 0 means the clock. */
  readonly seed: number;
  /**
   * `--max-fevals`. mergekit-evolve makes more: whole generations of nine until there are more than
   * that, then one of the final mean. So 54 to 62 make 64.
   */
  readonly evaluations: number;
}

export interface EvolveResult {
  /** Best mean score on the search split, as mergekit-evolve saw it. */
  readonly bestSearch: number;
  /** Mean score of its `final_model` on the confirm split. */
  readonly confirmScore: number;
  /** Really made. */
  readonly evaluations: number;
  /** Of the steady state, as is `cpuSecondsPerEvaluation`. */
  readonly secondsPerEvaluation: number;
  readonly cpuSecondsPerEvaluation: number;
  /** From its start to its end, Ray's processes included; some two CPU-seconds of its end are lost. */
  readonly whole: Moment & { readonly evaluations: number };
  readonly cmaSeed: number;
  readonly versions: Readonly<Record<string, string>>;
}

interface Evaluation extends Moment {
  readonly score: number;
}

/** @throws when it fails, also in one evaluation only; none of its processes is left either way */
export async function measureEvolve(order: EvolveOrder): Promise<EvolveResult> {
  const environment = await prepareEvolve(root, readConfig({}, process.env, root).tools.python);
  const packages = ['torch', 'mergekit', 'lm_eval', 'transformers', 'ray', 'cma'];
  const versions = await readVersions(environment.python, packages);
  const spec = readDemoSpec();
  const folder = join(order.folder, 'evolve');
  const confirmFolder = join(folder, 'confirm');
  mkdirSync(join(folder, 'ray'), { recursive: true });
  mkdirSync(confirmFolder);
  const cmaSeed = order.seed + 1;
  console.log(
    `evolve: pycma gets seed ${cmaSeed} from bench/evolve/run.py; by itself it takes the clock's`,
  );

  const evaluations: Evaluation[] = [];
  const whole = await run({ folder, environment, spec, order, cmaSeed }, (evaluation) => {
    evaluations.push(evaluation);
    tell('evolve', evaluations.length, evaluation.score, evaluation);
  });
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  const steady = evaluations.length - 1;
  if (first === undefined || last === undefined || steady < 1) {
    throw new Error(`expected two evaluations or more: see ${folder}/evolve.log`);
  }
  return {
    bestSearch: Math.max(...evaluations.map(({ score }) => score)),
    confirmScore: await scoreOnConfirm(join(folder, 'storage', 'final_model'), spec, confirmFolder),
    evaluations: evaluations.length,
    secondsPerEvaluation: (last.seconds - first.seconds) / steady,
    cpuSecondsPerEvaluation: (last.cpuSeconds - first.cpuSeconds) / steady,
    whole: { ...whole, evaluations: evaluations.length },
    cmaSeed,
    versions,
  };
}

interface Run {
  readonly folder: string;
  readonly environment: EvolveEnvironment;
  readonly spec: SweepSpec;
  readonly order: EvolveOrder;
  readonly cmaSeed: number;
}

async function run(
  { folder, environment, spec, order, cmaSeed }: Run,
  onEvaluation: (evaluation: Evaluation) => void,
): Promise<Moment> {
  const problemPath = join(folder, 'problem.yaml');
  writeFileSync(problemPath, stringify(evolveProblem(spec)));
  // The path of a Unix socket has 107 bytes at most, and Ray adds 64 to its folder's.
  const shortFolder = mkdtempSync(join(tmpdir(), 'ray-'));
  const rayFolder = join(shortFolder, 's');
  symlinkSync(join(folder, 'ray'), rayFolder);
  const settings = {
    arguments: [
      ...[problemPath, '--storage-path', join(folder, 'storage')],
      ...(spec.includePath === undefined ? [] : ['--task-search-path', spec.includePath]),
      ...['--no-merge-cuda', '--batch-size', String(spec.file.evaluation.batch_size)],
      ...['--max-fevals', String(order.evaluations), '--random-seed', String(order.seed)],
    ],
    ray_folder: rayFolder,
    cma_options: { seed: cmaSeed, verb_filenameprefix: `${folder}/outcmaes/` },
  };
  const settingsPath = join(folder, 'settings.json');
  writeFileSync(settingsPath, JSON.stringify(settings, undefined, 2));
  const scripts = join(root, 'bench', 'evolve');
  const args = [
    ...[join(scripts, 'supervise.py'), environment.python],
    ...[join(scripts, 'run.py'), settingsPath],
  ];
  announce('evolve', 'mergekit-evolve', settings.arguments);
  try {
    return await runMeasured(
      {
        command: environment.python,
        args,
        cwd: spec.evaluationCwd ?? root,
        env: {
          ...peerEnvironment(),
          PYTHONPATH: environment.patched,
          RAY_USAGE_STATS_ENABLED: '0',
          // Otherwise Ray makes one and keeps it in the home directory.
          RAY_AUTH_TOKEN: randomUUID(),
        },
        logPath: join(folder, 'evolve.log'),
      },
      (line, moment) => {
        onEvaluation({ ...moment, score: (line as { score: number }).score });
      },
    );
  } finally {
    rmSync(shortFolder, { recursive: true });
  }
}

/** The sweep file's problem as mergekit-evolve reads it; the ranges are its own. */
function evolveProblem({ base, parents, file }: SweepSpec) {
  const { search } = file.tasks;
  return {
    genome: {
      merge_method: file.genome.merge_method,
      base_model: base.model,
      models: parents.map(({ model }) => model),
    },
    tasks: search.map(({ name, metric }) => ({ name, metric, weight: 1 / search.length })),
    apply_chat_template: false,
    fewshot_as_multiturn: false,
  };
}
