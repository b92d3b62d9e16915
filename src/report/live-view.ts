/** The ledger's trials and what the nodes say of them now, put together for `status`. */
import type { TrialRow } from '../store/rows.js';
import { computeIdleShare, type IdleShare } from './idle-share.js';
import type { LiveNode, LiveSweep } from './live-sweep.js';
import { nodeLines, formatShare } from './node-lines.js';
import { stageLines } from './stage-lines.js';
import { nameTrial } from './scored-model.js';

export interface LiveView extends LiveSweep {
  /** Absent: the nodes were asked. */
  readonly unreached?: string;
  readonly idle: IdleShare;
}

/** @param live what the nodes said, or why they could not be asked */
export function viewLive(
  trials: readonly TrialRow[],
  live: LiveSweep | { readonly unreached: string },
  atMs: number,
): LiveView {
  if ('unreached' in live) {
    const { unreached } = live;
    const nodes = listFormer(trials, [], 'unknown');
    return { nodes, running: [], unreached, idle: computeIdleShare(trials) };
  }
  const { nodes, running } = live;
  const byNode = new Map(
    nodes.map(({ id, slots, busy }) => [id, { slots, free: slots - busy }] as const),
  );
  const isRunning = running.some(({ node }) => node !== undefined);
  return {
    running,
    nodes: [...nodes, ...listFormer(trials, nodes, 'gone')],
    idle: computeIdleShare(trials, { atMs, byNode, isRunning }),
  };
}

/** Nodes that have ended trials, and are not among those that are there. */
function listFormer(
  trials: readonly TrialRow[],
  present: readonly LiveNode[],
  state: LiveNode['state'],
): LiveNode[] {
  const known = new Set(present.map(({ id }) => id));
  const former = new Set(trials.flatMap(({ node }) => node ?? []));
  return [...former]
    .filter((id) => !known.has(id))
    .sort()
    .map((id) => ({ id, state, slots: 0, busy: 0, gpus: [] }));
}

export interface LiveLine {
  /** Of the column of names; absent: the line belongs to the one before. */
  readonly name?: string;
  readonly text: string;
  /** Beside the point: to be shown so. */
  readonly isDim?: boolean;
}

/** What `status` shows of it; of a sweep that does not run, only how idle its slots were. */
export function liveLines(
  { nodes, running, idle, unreached }: LiveView,
  trials: readonly TrialRow[],
  sweep: { readonly name: string; readonly state: string },
): LiveLine[] {
  const isRunning = sweep.state === 'running';
  if (!isRunning || unreached !== undefined) {
    const share =
      idle.all === undefined
        ? []
        : [{ name: 'idle', text: `${formatShare(idle.all)} of the slots' time` }];
    if (!isRunning || unreached === undefined) return share;
    return [...share, { name: 'nodes', text: `not asked: ${unreached}`, isDim: true }];
  }
  const names = new Map(trials.map((row) => [row.trial, nameTrial(row)]));
  return [
    ...toBlock('nodes', nodeLines(nodes, idle, sweep.name)),
    ...toBlock(
      'running',
      stageLines(running, (trial) => names.get(trial) ?? `#${trial}`),
    ),
  ];
}

const toBlock = (name: string, lines: readonly string[]): LiveLine[] =>
  lines.map((text, index) => (index === 0 ? { name, text } : { text }));
