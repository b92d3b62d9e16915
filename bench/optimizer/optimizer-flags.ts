import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { families } from './families.js';
import { peerLimits } from './peers/peer-jobs.js';
import { searches } from './searches.js';

export interface OptimizerFlags {
  /** Each is a seed as well. @default 1 to 20 */
  readonly instances: readonly number[];
  /** Trials of a run. @default 300 */
  readonly budget: number;
  /** Names. @default all */
  readonly families: readonly string[];
  /** Names; none is allowed. @default all */
  readonly peers: readonly string[];
  /** Names; the figures are of the first. @default the first one alone */
  readonly ours: readonly string[];
  /** 1 is sequential. @default 1 and 8 */
  readonly batches: readonly number[];
  /** How many at once. @default one a core */
  readonly processes: number;
  /** Whether the peers are run again, whatever was kept of them. */
  readonly isFresh: boolean;
  /** Whether the simulation of workers is left out. */
  readonly skipsAsync: boolean;
  /** Where an SVG of the sequential runs is written. @default nowhere */
  readonly figure?: string;
}

/** @throws when a flag is unknown or its value is not one of those that it takes */
export function parseOptimizerFlags(args: readonly string[]): OptimizerFlags {
  const text = { type: 'string' as const };
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ instances: text, budget: text, families: text, peers: text, ours: text },
      ...{ batches: text, processes: text, figure: text },
      fresh: { type: 'boolean' as const },
      'skip-async': { type: 'boolean' as const },
    },
  });
  const names = families.map(({ name }) => name);
  const own = Object.keys(searches);
  return {
    instances: parseInstances(values.instances ?? '1-20'),
    budget: parseWhole('budget', values.budget ?? '300', 50),
    families: parseNames('families', values.families ?? names.join(','), names),
    peers: parsePeers(values.peers),
    ours: parseNames('ours', values.ours ?? own.slice(0, 1).join(','), own),
    batches: (values.batches ?? '1,8').split(',').map((one) => parseWhole('batches', one, 1)),
    processes: parseWhole('processes', values.processes ?? String(availableParallelism()), 1),
    isFresh: values.fresh ?? false,
    skipsAsync: values['skip-async'] ?? false,
    ...(values.figure !== undefined && { figure: values.figure }),
  };
}

function parseInstances(text: string): number[] {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || low < 1 || high < low) {
    throw new FlagError(`--instances ${text}: expected the first and the last, such as 1-20`);
  }
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

function parsePeers(text: string | undefined): string[] {
  const all = Object.keys(peerLimits);
  if (text === undefined) return all;
  return text === 'none' ? [] : parseNames('peers', text, all);
}

function parseNames(flag: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new FlagError(
      `--${flag} ${text}: expected names of ${known.join(', ')} with commas between, got "${unknown}"`,
    );
  }
  return names;
}

function parseWhole(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new FlagError(`--${flag} ${text}: expected a whole number of ${least} or more`);
  }
  return value;
}

/** Told in a line, as those of Node's own parser are. */
class FlagError extends TypeError {
  readonly code = 'ERR_BENCH_FLAG';
}
