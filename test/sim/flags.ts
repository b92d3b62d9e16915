import { parseArgs } from 'node:util';
import type { PlanOptions } from './seed-plan.js';

export const usage = `Usage: npm run sim -- [flags]

Runs sweeps in a simulated world, one a seed, in which everything goes wrong that may, and checks
after each step and at the end that no score is lost and that the search is what it would have been.

  --seed N       the first seed (default: random); a seed alone replays byte for byte
  --seeds K      so many seeds (default: 20; with --seconds: as many as fit)
  --seconds S    no seed begins after so many seconds
  --mode M       safety: faults for ever; liveness: they stop, and the sweep must finish;
                 both (default): each seed has one of the two
  --trials N     search trials of a sweep (default: 100)
  --workers W    processes to spread the seeds over (default: 1)
  --trace        prints all that happens; of one seed
  --help         this text
`;

export interface Flags extends PlanOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly isTraced: boolean;
  readonly isHelp: boolean;
}

/** @throws Error that says which flag can't be used */
export function parseFlags(args: readonly string[], randomSeed: number): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      seconds: { type: 'string' },
      mode: { type: 'string' },
      trials: { type: 'string' },
      workers: { type: 'string' },
      trace: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const {
    seed,
    seeds,
    seconds,
    mode = 'both',
    trials,
    workers,
    trace = false,
    help = false,
  } = values;
  if (mode !== 'safety' && mode !== 'liveness' && mode !== 'both') {
    throw new Error(`--mode ${mode}: expected safety, liveness or both`);
  }
  const isOne = trace || (seed !== undefined && seeds === undefined && seconds === undefined);
  return {
    seed: toWhole('seed', seed, 0) ?? randomSeed,
    seeds: toWhole('seeds', seeds, 1) ?? (isOne ? 1 : seconds === undefined ? 20 : Infinity),
    seconds: toWhole('seconds', seconds, 1) ?? Infinity,
    mode,
    trials: toWhole('trials', trials, 1) ?? 100,
    workers: toWhole('workers', workers, 1) ?? 1,
    isTraced: trace,
    isHelp: help,
  };
}

function toWhole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
}
