/**
 * The naive script's search with the warm child in the place of its two programs: the same Optuna,
 * sampler, seed and box, told the scores that the programs would give. The script leaves DARE's masks
 * unseeded; here each trial has a seed of its own, so the replay is one of the searches that the
 * script may make.
 */
import { join } from 'node:path';
import { execa } from 'execa';
import { peerEnvironment, root } from '../demo-problem.js';
import type { Moment } from '../measured-run.js';
import { naiveScript, writeNaiveSettings, type NaiveOrder } from './naive-script.js';
import type { ScoredTrial } from './score-reached.js';
import type { SearchCost } from './search-cost.js';
import { announce, tell } from '../tell.js';
import type { WarmScorer } from '../warm-scorer.js';

export interface Replay {
  readonly trials: readonly ScoredTrial[];
  /** Of the warm child alone, its start not counted. */
  readonly cost: SearchCost;
}

export async function replayNaive(order: NaiveOrder, scorer: WarmScorer): Promise<Replay> {
  const args = [naiveScript, writeNaiveSettings(order, 'replay'), '--replay'];
  announce('naive, replayed warm', order.python, args);
  const child = execa(order.python, args, {
    cwd: root,
    env: peerEnvironment(),
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: { file: join(order.folder, 'replay.log') },
    buffer: false,
  });
  const trials: ScoredTrial[] = [];
  let spent: Moment = { seconds: 0, cpuSeconds: 0 };
  try {
    for await (const line of child.iterable({ from: 'stdout' })) {
      const { trial, config } = JSON.parse(line) as { trial?: number; config?: string };
      if (trial === undefined || config === undefined) continue;
      const merge = { config, seed: maskSeed(order.seed, trial) };
      const { score, report, cost } = await scorer.score(merge);
      spent = {
        seconds: spent.seconds + cost.seconds,
        cpuSeconds: spent.cpuSeconds + cost.cpuSeconds,
      };
      trials.push({ trial, score, merge });
      tell('naive, replayed warm,', trial, score, spent);
      const results: Record<string, Record<string, number>> = {};
      for (const { task, metric, value } of report.scores) {
        results[task] = { ...results[task], [metric]: value };
      }
      child.stdin.write(`${JSON.stringify(results)}\n`);
    }
    await child;
  } finally {
    child.kill();
  }
  if (trials.length !== order.trials) {
    throw new Error(`expected ${order.trials} trials of the replay, got ${trials.length}`);
  }
  return {
    trials,
    cost: {
      secondsPerTrial: spent.seconds / trials.length,
      cpuSecondsPerTrial: spent.cpuSeconds / trials.length,
    },
  };
}

/** Another one for every trial of every seed. */
const maskSeed = (seed: number, trial: number): number => 100_000 * seed + trial;
