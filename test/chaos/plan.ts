/** What is done to a sweep: a pure function of the seed. Only real time differs between two runs. */
import { crashPoints } from '../../src/crash-points.js';
import { Mulberry32 } from '../../bench/optimizer/mulberry32.js';
import type { Mix } from './chaos-flags.js';

/**
 * `workers`: a server of its own, a coordinator without a node, two workers; `embedded`: one `run` with
 * its server and node.
 */
export type Topology = 'workers' | 'embedded';
export type Target = 'coordinator' | 'node-1' | 'node-2' | 'server';

export interface Strike {
  /** `wipe`: Temporal's server is killed and its database deleted. `race`: three starts at once after a kill. */
  readonly kind: 'kill' | 'stop' | 'term' | 'race' | 'wipe';
  readonly target: Target;
  /** When so many trials are scored… */
  readonly atScored: number;
  /** …and so much later. */
  readonly delayMs: number;
  /** Of a stop: until SIGCONT. */
  readonly forMs: number;
}

export interface SweepPlan {
  readonly index: number;
  readonly topology: Topology;
  readonly mode: 'cold' | 'auto';
  readonly seed: number;
  /** Search trials. */
  readonly trials: number;
  readonly strikes: readonly Strike[];
  /** By target: `MERGESWEEP_CRASH_AT` of its starts, one after the other until there are none left. */
  readonly crashes: Readonly<Partial<Record<Target, readonly string[]>>>;
  /** How long a dead process waits for its next start: in turn. */
  readonly restartAfterMs: readonly number[];
}

/** Baselines of two parents: base, both, uniform, TIES. */
export const baselines = 5;
/** Of the one finalist, and of the baselines. */
export const confirmations = 6;

export function countKills({ strikes, crashes }: SweepPlan): number {
  return strikes.length + Object.values(crashes).reduce((sum, points) => sum + points.length, 0);
}

/** @param most kills of this sweep */
export function planSweep(
  seed: number,
  index: number,
  mix: readonly Mix[],
  most: number,
): SweepPlan {
  const random = new Mulberry32((seed * 1_000_003 + index * 7919) >>> 0);
  const whole = (from: number, to: number): number => Math.floor(random.range(from, to + 1));
  const pick = <T>(items: readonly T[]): T => at(items, whole(0, items.length - 1));

  const topology: Topology = index % 3 === 2 ? 'embedded' : 'workers';
  const nodes: readonly Target[] = topology === 'workers' ? ['node-1', 'node-2'] : [];
  const targets: readonly Target[] = ['coordinator', ...nodes];
  const trials = 30;
  const crashes: Partial<Record<Target, string[]>> = {};
  const strikes: Strike[] = [];
  const kills = Math.min(Math.ceil(most), whole(10, 14));
  // The points in turn, over all sweeps: none is left to chance.
  let turn = index * 3;
  for (let kill = 0; kill < kills; kill += 1) {
    const kind = at(mix, kill + index);
    if (kind === 'points') {
      const point = at(crashPoints, turn);
      turn += 1;
      const spawners = topology === 'workers' ? nodes : targets;
      const committers: readonly Target[] = ['coordinator'];
      const target = pick(
        point.endsWith('spawn') ? spawners : point.endsWith('commit') ? committers : targets,
      );
      // Few signals are sent: a high count would never be reached.
      const count = point.endsWith('signal') && target === 'coordinator' ? 1 : whole(1, 8);
      (crashes[target] ??= []).push(`${point}#${count}`);
      continue;
    }
    const isRace = kind === 'random' && random.uniform() < 0.25;
    const isWipe = kind === 'server' && random.uniform() < 0.25;
    const anything: readonly Target[] = [...targets, 'server'];
    strikes.push({
      kind: isRace ? 'race' : isWipe ? 'wipe' : kind === 'stop' || kind === 'term' ? kind : 'kill',
      target: isRace
        ? 'coordinator'
        : kind === 'server'
          ? 'server'
          : kind === 'term'
            ? pick(targets)
            : pick(anything),
      // Not too late: a sweep that has ended can't be struck.
      atScored: whole(0, Math.floor((baselines + trials) * 0.7)),
      delayMs: whole(0, 1_500),
      forMs: whole(300, 9_000),
    });
  }
  strikes.sort((a, b) => a.atScored - b.atScored);
  return {
    ...{ index, topology, strikes, crashes, trials },
    mode: random.uniform() < 0.5 ? 'cold' : 'auto',
    seed: whole(1, 1_000_000),
    restartAfterMs: Array.from({ length: 8 }, () => whole(0, 1_000)),
  };
}

/** In turn, over and over. */
function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('expected a list that is not empty');
  return item;
}
