import { parseWholeFlags } from '../flags.js';

export interface NaiveFlags {
  /** The first seed; the others follow it. @default 1 */
  readonly seed: number;
  /** How many seeds. @default 5 */
  readonly seeds: number;
  /** Search trials of ours and of the replayed script. @default 64 */
  readonly trials: number;
  /** Trials of the script that are run cold for each seed, for its cost. @default 3 */
  readonly naiveTrials: number;
  /** Seeds, from the first, that mergekit-evolve is run for too. @default seeds */
  readonly evolveSeeds: number;
}

/** @throws when a flag is unknown or no such number */
export function parseNaiveFlags(args: readonly string[]): NaiveFlags {
  const given = parseWholeFlags(args, {
    ...{ seed: 0, seeds: 1, trials: 1 },
    ...{ 'naive-trials': 1, 'evolve-seeds': 0 },
  });
  const { seed = 1, seeds = 5, trials = 64 } = given;
  const evolveSeeds = given['evolve-seeds'] ?? seeds;
  if (evolveSeeds > seeds) {
    throw new Error(`--evolve-seeds ${evolveSeeds}: expected at most --seeds, which is ${seeds}`);
  }
  return { seed, seeds, trials, naiveTrials: given['naive-trials'] ?? 3, evolveSeeds };
}
