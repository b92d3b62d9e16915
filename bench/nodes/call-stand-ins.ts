/** One trial of a system that is compared: both stand-ins as programs, one after the other. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { renderMerge, tasks } from './problem.js';
import type { StandInTools } from './stand-in.js';

/**
 * @param x in the unit box: weights, then densities
 * @returns the mean of the eval tasks, as measured
 */
export async function mergeAndEvaluate(
  folder: string,
  tools: Pick<StandInTools, 'mergekitYaml' | 'lmEval'>,
  trial: number,
  x: readonly number[],
): Promise<number> {
  const work = join(folder, 'barrier', String(trial));
  mkdirSync(work, { recursive: true });
  const [config, checkpoint] = [join(work, 'merge.yaml'), join(work, 'checkpoint')];
  writeFileSync(config, renderMerge(x));
  const quiet = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' } as const;
  await execa(tools.mergekitYaml, [config, checkpoint], quiet);
  const out = join(work, 'output');
  const args = [
    ...['run', '--model_args', JSON.stringify({ pretrained: checkpoint })],
    ...[`--tasks=${tasks.join(',')}`, `--output_path=${out}`],
  ];
  await execa(tools.lmEval, args, quiet);
  return readMean(join(out, 'model'));
}

function readMean(folder: string): number {
  const name = readdirSync(folder).find((each) => each.startsWith('results_')) ?? '';
  const { results } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
    results: Record<string, Record<string, number>>;
  };
  const values = tasks.map((task) => results[task]?.['exact_match,none'] ?? Number.NaN);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
