/** Who is told of what happens in this process: a JSON log, metrics, both, or nobody. */
import { statfs } from 'node:fs/promises';
import type { NodeStanding } from '../../activities/node-standing.js';
import type { RunTrialInput, TrialProgress } from '../../activities/contracts.js';
import { logNodeEvent } from './json-log.js';
import type { Log } from './json-log.js';
import type { Metrics } from './metrics.js';
import { createTrialWatch } from './node-events.js';
import type { RunTrial } from './node-events.js';
import { countNodeEvents } from './node-metrics.js';

export interface Observer {
  readonly log?: Log | undefined;
  readonly metrics?: Metrics | undefined;
}

export interface NodeObserver {
  /** For the node: told with each heartbeat. Absent: nobody wants to know. */
  readonly onProgress?: (input: RunTrialInput, progress: TrialProgress) => void;
  /** The node, watched from now on. */
  attach<Node extends ObservableNode>(node: Node, workRoot: string): Node;
  /** The node has ended. */
  readonly end: () => void;
}

export interface ObservableNode {
  readonly slots: number;
  readonly standing: Pick<NodeStanding, 'state' | 'reason'>;
  readonly activities: { readonly runTrial: RunTrial };
}

const diskEveryMs = 15_000;
const standingEveryMs = 1_000;

export function observeNode(node: string, { log, metrics }: Observer): NodeObserver {
  if (log === undefined && metrics === undefined)
    return { attach: (observed) => observed, end: () => undefined };
  const count = metrics === undefined ? undefined : countNodeEvents(metrics, node);
  const watch = createTrialWatch(node, (event) => {
    count?.(event);
    if (log !== undefined) logNodeEvent(log, event);
  });
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, act: () => void): void => {
    timers.push(setInterval(act, ms).unref());
  };
  return {
    onProgress: (input, progress) => {
      watch.note(input, progress);
    },
    attach: (observed, workRoot) => {
      const { slots, standing, activities } = observed;
      log?.({ level: 'info', event: 'node_ready', node, slots });
      if (log !== undefined) every(standingEveryMs, followStanding(log, node, standing));
      if (metrics !== undefined) {
        metrics.record('slots_total', slots, { node });
        const measure = (): void => void measureDisk(metrics, node, workRoot);
        measure();
        every(diskEveryMs, measure);
      }
      const runTrial = watch.watch((input) => activities.runTrial(input));
      return { ...observed, activities: { ...activities, runTrial } };
    },
    end: () => {
      timers.forEach(clearInterval);
      log?.({ level: 'info', event: 'node_ended', node });
      metrics?.record('slots_total', 0, { node });
    },
  };
}

/** @returns what says, when it is called, whether the node stands otherwise than before */
function followStanding(log: Log, node: string, standing: ObservableNode['standing']): () => void {
  let before = standing.state;
  return () => {
    const { state, reason } = standing;
    if (state === before) return;
    before = state;
    const level = state === 'set-aside' ? 'warn' : 'info';
    log({ level, event: 'node_state', node, state, reason });
  };
}

async function measureDisk(metrics: Metrics, node: string, folder: string): Promise<void> {
  try {
    const { bavail, bsize } = await statfs(folder);
    metrics.record('disk_free_bytes', bavail * bsize, { node });
  } catch {
    // The last figure stays; a folder that is gone is for the trials to tell.
  }
}
