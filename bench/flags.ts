import { parseArgs } from 'node:util';

export interface BenchFlags {
  readonly trials: number;
  readonly seed: number;
}

/** @throws when a flag is unknown or no whole number */
export function parseBenchFlags(args: readonly string[]): BenchFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trials: { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
    },
  });
  return { trials: toWhole('trials', values.trials, 1), seed: toWhole('seed', values.seed, 0) };
}

function toWhole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
  }
  return value;
}
