/** One number of slots and one spread: mergesweep, and the others with the same times. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../median.js';
import type { BestScores } from './best-scores.js';
import { barrierSizes, runBarrier } from './barrier.js';
import type { NodeNetwork } from '../../test/nodes/network.js';
import { type Cell, medianSeconds, topologies } from './nodes-flags.js';
import { type NodesSweepResult, runNodesSweep } from './nodes-sweep.js';
import { runOptuna, samplers } from './optuna.js';
import type { PeerResult } from './peer-result.js';
import { barrierSchedule, listSchedule } from './schedule.js';
import type { Pace } from './stand-in.js';

/** A merge takes so much of the median of an evaluation. */
const mergeShare = 0.05;

export interface CellOrder extends Cell {
  /** Is made. */
  readonly folder: string;
  readonly seed: number;
  readonly trials: number;
  readonly network: NodeNetwork;
}

export function paceOf({ seed, spread, scale }: Omit<CellOrder, 'folder' | 'network'>): Pace {
  const evaluation = medianSeconds * scale;
  return { seed, spread, medianSeconds: evaluation, mergeSeconds: evaluation * mergeShare };
}

export function runOurs(order: CellOrder): Promise<NodesSweepResult> {
  const [nodes, slotsPerNode] = topologies[order.slots] ?? [1, order.slots];
  const { folder, network, trials } = order;
  const path = join(folder, 'mergesweep');
  mkdirSync(path, { recursive: true });
  return runNodesSweep({
    ...{ folder: path, network, nodes, slotsPerNode, trials, pace: paceOf(order) },
  });
}

export type Peer = 'barrier' | 'optunaCma' | 'optunaTpe';
export type Peers = Readonly<Record<Peer, PeerResult>>;

/** All at once: they sleep. @param python with Optuna */
export async function runPeers(order: CellOrder, python: string): Promise<Peers> {
  const { slots, trials } = order;
  const pace = paceOf(order);
  const { filled } = barrierSizes(slots);
  const place = (name: string) => {
    const folder = join(order.folder, name);
    mkdirSync(folder, { recursive: true });
    return { folder, slots, pace, trials };
  };
  const [barrier, optunaCma, optunaTpe] = await Promise.all([
    runBarrier({ ...place('barrier'), size: filled }),
    ...samplers.map((sampler) => runOptuna({ ...place(`optuna-${sampler}`), python, sampler })),
  ]);
  if (optunaCma === undefined || optunaTpe === undefined) throw new Error('two samplers are run');
  return { barrier, optunaCma, optunaTpe };
}

type BySystem = Readonly<Partial<Record<Peer | 'mergesweep', number>>>;

export interface CellSummary extends Cell {
  readonly seeds: number;
  /** Medians over the seeds. */
  readonly busyShare: number;
  readonly steadyShare: number;
  readonly wallSeconds: number;
  /** Wall clock of the drawn times alone, every merge hidden. */
  readonly idealSeconds: number;
  /** Their wall clock ÷ ours. */
  readonly speedup: Readonly<Partial<Record<Peer, number>>>;
  /** The same of the drawn times alone, merges included in the barrier's; `plain`: with the default λ. */
  readonly drawnSpeedup: { readonly barrier: number; readonly barrierPlain: number };
  readonly peerBusyShare: Readonly<Partial<Record<Peer, number>>>;
  /** As in `BestScores`, ours first. */
  readonly best: Readonly<Record<keyof BestScores, BySystem>>;
}

export interface CellRun {
  readonly order: CellOrder;
  readonly ours: NodesSweepResult;
  readonly peers: Peers | undefined;
}

const peerNames: readonly Peer[] = ['barrier', 'optunaCma', 'optunaTpe'];

/** @param runs of one cell, a seed each; at least one */
export function summarizeCell(runs: readonly CellRun[]): CellSummary {
  const [first] = runs;
  if (first === undefined) throw new Error('a cell without a run');
  const { slots, spread, scale } = first.order;
  const middle = (read: (run: CellRun) => number): number => median(runs.map(read));
  const perPeer = (
    read: (peer: PeerResult, ours: NodesSweepResult) => number,
  ): Partial<Record<Peer, number>> =>
    Object.fromEntries(
      peerNames.flatMap((name): [Peer, number][] =>
        first.peers === undefined
          ? []
          : [[name, middle(({ peers, ours }) => (peers ? read(peers[name], ours) : Number.NaN))]],
      ),
    );
  const best = (of: keyof BestScores): BySystem => ({
    mergesweep: middle(({ ours }) => ours.best[of]),
    ...perPeer((peer) => peer.best[of]),
  });
  const { plain, filled } = barrierSizes(slots);
  const drawn = (size: number): number =>
    middle(({ ours, order }) => {
      const times = drawnTimes(ours);
      const merge = paceOf(order).mergeSeconds;
      const serial = times.map((time) => time + merge);
      return barrierSchedule(serial, slots, size) / listSchedule(times, slots);
    });
  return {
    ...{ slots, spread, scale, seeds: runs.length },
    busyShare: middle(({ ours }) => ours.busyShare),
    steadyShare: middle(({ ours }) => ours.steadyShare),
    wallSeconds: middle(({ ours }) => ours.wallSeconds),
    idealSeconds: middle(({ ours }) => listSchedule(drawnTimes(ours), slots)),
    speedup: perPeer((peer, ours) => peer.wallSeconds / ours.wallSeconds),
    drawnSpeedup: { barrier: drawn(filled), barrierPlain: drawn(plain) },
    peerBusyShare: perPeer((peer) => peer.busyShare),
    best: { tried: best('tried'), measuredBest: best('measuredBest'), ofFive: best('ofFive') },
  };
}

/** Of the evaluations, in the order of their first starts. */
function drawnTimes({ evaluations }: NodesSweepResult): number[] {
  const times = new Map<number, number>();
  for (const { number, start, end } of evaluations)
    if (end !== undefined) times.set(number, end - start);
  return [...times].toSorted(([a], [b]) => a - b).map(([, time]) => time);
}
