/** Nodes that die one after the other, and what that may cost at most. */
import type { Rack } from '../../test/nodes/rack.js';
import { Mulberry32 } from '../optimizer/mulberry32.js';
import type { Interval } from './timeline.js';

export interface Death {
  /** `node-<k>`. */
  readonly node: string;
  /** Unix time, s. */
  readonly at: number;
  /** When its worker said that it was ready again; absent: it was not, before the end. */
  readonly readyAt?: number;
}

/**
 * Kills one of the nodes that live each time, drawn with a seed; returns how to stop. In turn, no node
 * would live longer than a fixed time, and a trial that takes longer would never end.
 */
export function killAtRandom(
  rack: Pick<Rack, 'nodes'>,
  { everyMs, seed }: { readonly everyMs: number; readonly seed: number },
  onDeath: (node: number) => void,
): () => void {
  const random = new Mulberry32(seed);
  const timer = setInterval(() => {
    const living = [...rack.nodes.keys()].filter((index) => rack.nodes[index]?.pid !== undefined);
    const victim = living[Math.floor(random.uniform() * living.length)];
    if (victim === undefined) return;
    onDeath(victim);
    rack.nodes[victim]?.signal('SIGKILL');
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
