import { parseWholeFlags } from '../flags.js';

export interface FidelityFlags {
  /** Search trials of a sweep. @default 100 */
  readonly trials: number;
  /** The first seed; the others follow it. @default 1 */
  readonly seed: number;
  /** How many seeds. @default 20 */
  readonly seeds: number;
  /** Folder of a run that was broken off: what it has finished is not run again. */
  readonly resume?: string;
}

/** @throws when a flag is unknown or its value makes no sense */
export function parseFidelityFlags(args: readonly string[]): FidelityFlags {
  const at = args.indexOf('--resume');
  const resume = at < 0 ? undefined : args[at + 1];
  if (at >= 0 && (resume === undefined || resume.startsWith('--'))) {
    throw new Error('--resume: expected the folder of the run that is to go on');
  }
  const numbers = at < 0 ? args : args.toSpliced(at, 2);
  const given = parseWholeFlags(numbers, { trials: 1, seed: 0, seeds: 1 });
  const { trials = 100, seed = 1, seeds = 20 } = given;
  return { trials, seed, seeds, ...(resume === undefined ? {} : { resume }) };
}
