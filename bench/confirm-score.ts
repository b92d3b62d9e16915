import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from '../src/config.js';
import { listFiles } from '../src/external/list-files.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import { peerEnvironment, root } from './demo-problem.js';

type Results = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Mean over the confirm split of a model: one cold call of the project's lm_eval.
 * @param folder gets lm_eval's results and its log
 */
export async function scoreOnConfirm(
  model: string,
  spec: SweepSpec,
  folder: string,
): Promise<number> {
  const { genome, evaluation, tasks } = spec.file;
  await execa(
    readConfig({}, process.env, root).tools.lmEval,
    [
      ...['--model', 'hf', '--model_args', `pretrained=${model},dtype=${genome.dtype}`],
      ...['--tasks', tasks.confirm.map(({ name }) => name).join(',')],
      ...(spec.includePath === undefined ? [] : ['--include_path', spec.includePath]),
      ...['--device', 'cpu'],
      ...['--batch_size', String(evaluation.batch_size), '--output_path', folder],
    ],
    {
      cwd: spec.evaluationCwd ?? root,
      env: peerEnvironment(),
      stdout: 'ignore',
      stderr: { file: join(folder, 'lm-eval.log') },
    },
  );
  const paths = listFiles(folder);
  const path = paths.find((each) => /^results_.*\.json$/.test(basename(each)));
  if (path === undefined) throw new Error(`no results of lm_eval: see ${folder}/lm-eval.log`);
  const { results } = JSON.parse(readFileSync(path, 'utf8')) as { results: Results };
  const scores = tasks.confirm.map(({ name, metric }) => {
    const score = results[name]?.[metric];
    if (score === undefined) throw new Error(`no ${metric} of ${name} in ${path}`);
    return score;
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
