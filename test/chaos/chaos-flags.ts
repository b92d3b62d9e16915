/** The command line of `npm run chaos`. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export const mixes = ['random', 'points', 'stop', 'term', 'server'] as const;
/** SIGKILL of anything; named crash points; SIGSTOP and SIGCONT; SIGTERM; SIGKILL of Temporal's server. */
export type Mix = (typeof mixes)[number];

export interface ChaosFlags {
  /** Deaths and stops in all, ≥ 1. */
  readonly kills: number;
  readonly seed: number;
  readonly mix: readonly Mix[];
  /** Sweeps at once, ≥ 1. */
  readonly jobs: number;
  /** Folders of the sweeps stay there; absent: only those of sweeps with a violation are kept. */
  readonly keep?: string;
}

export const usage = `npm run chaos -- [--kills N] [--seed N] [--mix LIST] [--jobs N] [--keep DIR]

Runs sweeps with fake tools on a real Temporal server, kills what they consist of, starts it again, and
checks that nothing scored is lost or doubled.
  --kills N     kills and stops in all (default 20; 1000 takes about an hour and a half)
  --seed N      what is killed, how, and when by the sweep's progress; real time is not repeated
  --mix LIST    of ${mixes.join(',')} (default: all)
  --jobs N      sweeps at once (default 2)
  --keep DIR    keep the folders of all sweeps there
Exit code: 0 no violation, 1 some, 2 a flag is wrong.`;

/** @throws Error in words for the user; `undefined` asks for the usage */
export function parseChaosFlags(args: readonly string[]): ChaosFlags | undefined {
  const text = { type: 'string' } as const;
  const options = { kills: text, seed: text, mix: text, jobs: text, keep: text };
  const { values } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean' } },
  });
  if (values.help === true) return undefined;
  return {
    kills: toWhole('kills', values.kills ?? '20', 1),
    seed: toWhole('seed', values.seed ?? String(randomInt(1_000_000)), 0),
    mix: toMix(values.mix ?? mixes.join(',')),
    jobs: toWhole('jobs', values.jobs ?? '2', 1),
    ...(values.keep === undefined ? {} : { keep: values.keep }),
  };
}

function toMix(text: string): Mix[] {
  const names = text.split(',');
  const known = mixes.filter((mix) => names.includes(mix));
  if (known.length === names.length) return known;
  throw new Error(`--mix ${text}: expected some of ${mixes.join(',')}, each once`);
}

function toWhole(name: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
}
