import { parseArgs } from 'node:util';

export interface BenchFlags {
  readonly trials: number;
  readonly seed: number;
}

/** @throws when a flag is unknown or no whole number */
export function parseBenchFlags(args: readonly string[]): BenchFlags {
  const { trials = 40, seed = 1 } = parseWholeFlags(args, { trials: 1, seed: 0 });
  return { trials, seed };
}

/**
 * Flags with whole numbers as values; those that are not given are left out.
 * @param least by flag, the smallest value that it takes
 * @throws when a flag is unknown, or its value no such number
 */
export function parseWholeFlags<Name extends string>(
  args: readonly string[],
  least: Readonly<Record<Name, number>>,
): Partial<Record<Name, number>> {
  const names = Object.keys(least) as Name[];
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const given: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const text = values[name];
    if (typeof text === 'string') given[name] = toWhole(name, text, least[name]);
  }
  return given;
}

function toWhole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
  }
  return value;
}
