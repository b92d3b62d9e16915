/** What entitles to the replay: its best trial by the two programs, compared bit by bit. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { findDifference } from '../../src/evaluation/compare-reports.js';
import { planEvaluation } from '../../src/evaluation/plan-evaluation.js';
import { runEvaluation } from '../../src/external/lm-eval.js';
import type { SweepSpec } from '../../src/spec/sweep-spec.js';
import { peerEnvironment, root } from '../demo-problem.js';
import { announce } from '../tell.js';
import {
  benchToolEnvironment,
  patience,
  type MergeOrder,
  type WarmScorer,
} from '../warm-scorer.js';

/**
 * Merges cold, by the naive script's command and a mask seed, and evaluates that on both splits with
 * lm_eval.
 * @param folder is made
 * @returns the number of documents that were scored the same
 * @throws when a tensor, a score or a document differs
 */
export async function proveReplay(
  spec: SweepSpec,
  scorer: WarmScorer,
  merge: MergeOrder,
  folder: string,
): Promise<number> {
  mkdirSync(folder);
  const { mergekitYaml, lmEval } = readConfig({}, process.env, root).tools;
  const configPath = join(folder, 'config.yaml');
  const merged = join(folder, 'merged');
  writeFileSync(configPath, merge.config);
  const args = [configPath, merged, '--lazy-unpickle', `--random-seed=${merge.seed}`];
  announce('proof of the replay, cold', mergekitYaml, args);
  await execa(mergekitYaml, args, {
    env: peerEnvironment(),
    stdout: 'ignore',
    stderr: { file: join(folder, 'mergekit.log') },
  });
  const plan = {
    ...planEvaluation(spec, 'search'),
    tasks: [...planEvaluation(spec, 'search').tasks, ...planEvaluation(spec, 'confirm').tasks],
  };
  const cold = await runEvaluation({
    ...patience,
    command: lmEval,
    plan,
    modelPath: merged,
    attemptDir: folder,
    env: benchToolEnvironment(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const warm = await scorer.score(merge, plan);
  const [different] = await scorer.compareTo(merged);
  const difference =
    different === undefined ? findDifference(warm.report, cold) : `tensor ${different}`;
  if (difference !== undefined) {
    throw new Error(`warm is not equal to cold (${difference}), so nothing can be replayed`);
  }
  return cold.scores.reduce((sum, { documents }) => sum + documents, 0);
}
