/** A run of four nodes with two slots each, of which one is killed every five seconds; and one in peace. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { countReady } from '../../test/nodes/rack.js';
import type { NodeNetwork } from '../../test/nodes/network.js';
import { countKillCost, type Death, type KillCost, killAtRandom } from './kills.js';
import { type NodesSweepResult, runNodesSweep } from './nodes-sweep.js';
import type { Pace } from './stand-in.js';

const [nodes, slotsPerNode] = [4, 2];
const heartbeatSeconds = 5;
const [killEverySeconds, downSeconds] = [5, 10];
/** Within a node's life, some ten seconds in the mean, most trials must be able to end. */
export const killPace = { medianSeconds: 3, spread: 0.5, mergeSeconds: 0.15 } as const;

export interface KillOrder {
  /** Is made. */
  readonly folder: string;
  readonly seed: number;
  readonly trials: number;
  readonly network: NodeNetwork;
}

export interface KillRun {
  readonly result: NodesSweepResult;
  readonly cost: KillCost;
}

export function runInPeace(order: KillOrder): Promise<NodesSweepResult> {
  return run(order, 'peace');
}

/** Search trials that failed for good count as faults, as everything else that should not be. */
export async function runUnderKills(
  order: KillOrder & { readonly killSeed: number },
): Promise<KillRun> {
  const folder = join(order.folder, 'kills');
  const deaths: Death[] = [];
  const watch = setInterval(() => {
    for (const [index, death] of deaths.entries()) {
      if (death.readyAt !== undefined) continue;
      const earlier = deaths.slice(0, index + 1).filter((each) => each.node === death.node).length;
      // The first start was no death's.
      if (countReady(join(folder, `${death.node}.log`)) > earlier)
        deaths[index] = { ...death, readyAt: now() };
    }
  }, 200);
  try {
    const result = await run(order, 'kills', deaths, order.killSeed);
    const until = Math.max(...result.evaluations.map(({ end = 0 }) => end));
    const rule = { slotsPerNode, downSeconds, detectionSeconds: heartbeatSeconds, until };
    return { result, cost: countKillCost(deaths, result.evaluations, rule) };
  } finally {
    clearInterval(watch);
  }
}

function run(
  { folder, seed, trials, network }: KillOrder,
  name: string,
  deaths?: Death[],
  killSeed = 0,
): Promise<NodesSweepResult> {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  const pace: Pace = { seed, ...killPace };
  return runNodesSweep({
    ...{ folder: path, network, nodes, slotsPerNode, pace, trials, heartbeatSeconds },
    restartAfterMs: downSeconds * 1000,
    ...(deaths === undefined
      ? {}
      : {
          disturb: (rack) =>
            killAtRandom(rack, { everyMs: killEverySeconds * 1000, seed: killSeed }, (node) => {
              deaths.push({ node: `node-${node + 1}`, at: now() });
            }),
        }),
  });
}

const now = (): number => Date.now() / 1000;

export interface KillSummary {
  /** Wall clock under kills ÷ in peace. */
  readonly overhead: number;
  /** The same, had nothing been lost but work, detection and downtime; and 5 %. */
  readonly allowed: number;
  /** With the nodes' starts, which downtime does not hold. */
  readonly allowedWithStarts: number;
}

export function summarizeKills(peaceSeconds: number, { result, cost }: KillRun): KillSummary {
  const slots = nodes * slotsPerNode;
  const { lostWork, downtime, detection, restarts } = cost;
  const bound = (slotSeconds: number): number => 1.05 * (1 + slotSeconds / slots / peaceSeconds);
  const told = lostWork + downtime + detection;
  return {
    overhead: result.wallSeconds / peaceSeconds,
    allowed: bound(told),
    allowedWithStarts: bound(told + restarts),
  };
}
