/** Nodes that die one after the other, and what that may cost at most. */
import type { Rack } from '../../test/nodes/rack.js';
import type { Interval } from './timeline.js';

export interface Death {
  /** `node-<k>`. */
  readonly node: string;
  /** Unix time, s. */
  readonly at: number;
  /** When its worker said that it was ready again; absent: it was not, before the end. */
  readonly readyAt?: number;
}

/** Kills the next node that lives each time; returns how to stop. */
export function killInTurn(
  rack: Pick<Rack, 'nodes'>,
  everyMs: number,
  onDeath: (node: number) => void,
): () => void {
  let next = 0;
  const timer = setInterval(() => {
    for (const _ of rack.nodes) {
      const index = next++ % rack.nodes.length;
      const node = rack.nodes[index];
      if (node?.pid === undefined) continue;
      onDeath(index);
      node.signal('SIGKILL');
      return;
    }
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}

export interface KillCost {
  readonly deaths: number;
  /** Slot-seconds that were worked and lost. */
  readonly lostWork: number;
  /** Slot-seconds of nodes that were not there, as they were told to wait. */
  readonly downtime: number;
  /** Slot-seconds of their starts after that. */
  readonly restarts: number;
  /** Slot-seconds until the deaths were noticed, for what was in a slot. */
  readonly detection: number;
}

/**
 * @param until the last trial's end: what comes later costs nothing
 * @param detectionSeconds of a silent node
 */
export function countKillCost(
  deaths: readonly Death[],
  evaluations: readonly Interval[],
  rule: {
    readonly slotsPerNode: number;
    readonly downSeconds: number;
    readonly detectionSeconds: number;
    readonly until: number;
  },
): KillCost {
  const { slotsPerNode, downSeconds, detectionSeconds, until } = rule;
  const before = deaths.filter(({ at }) => at < until);
  let [lostWork, killed] = [0, 0];
  for (const { node, start, end } of evaluations) {
    if (end !== undefined) continue;
    const death = before.find((each) => each.node === node && each.at >= start);
    if (death === undefined) continue;
    lostWork += death.at - start;
    killed += 1;
  }
  const sum = (count: (death: Death) => number): number =>
    slotsPerNode * before.reduce((total, death) => total + count(death), 0);
  const down = ({ at }: Death): number => Math.min(downSeconds, until - at);
  // One that dies again before it is ready was not there in between.
  const backAt = ({ node, at, readyAt }: Death): number =>
    readyAt ?? before.find((next) => next.node === node && next.at > at)?.at ?? until;
  return {
    deaths: before.length,
    lostWork,
    downtime: sum(down),
    restarts: sum((death) => Math.max(0, Math.min(backAt(death), until) - death.at - down(death))),
    detection: killed * detectionSeconds,
  };
}
