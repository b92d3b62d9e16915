/** Who is told of what happens in this process: a JSON log, metrics, both, or nobody. */
import { statfs } from 'node:fs/promises';
import { logNodeEvent } from './json-log.js';
import type { Log } from './json-log.js';
import type { Metrics } from './metrics.js';
import { createTrialWatch } from './node-events.js';
import type { TrialWatch } from './node-events.js';
import { countNodeEvents } from './node-metrics.js';

export interface Observer {
  readonly log?: Log | undefined;
  readonly metrics?: Metrics | undefined;
}

export interface NodeObserver {
  /** Absent: nobody wants to know. */
  readonly watch?: TrialWatch;
  /** The node can be asked from now on. */
  readonly begin: (node: { readonly slots: number; readonly workRoot: string }) => void;
  readonly end: () => void;
}

const diskEveryMs = 15_000;

export function observeNode(node: string, { log, metrics }: Observer): NodeObserver {
  if (log === undefined && metrics === undefined)
    return { begin: () => undefined, end: () => undefined };
  const count = metrics === undefined ? undefined : countNodeEvents(metrics, node);
  const watch = createTrialWatch(node, (event) => {
    count?.(event);
    if (log !== undefined) logNodeEvent(log, event);
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    watch,
    begin: ({ slots, workRoot }) => {
      log?.({ level: 'info', event: 'node_ready', node, slots });
      if (metrics === undefined) return;
      metrics.record('slots_total', slots, { node });
      const measure = (): void => void measureDisk(metrics, node, workRoot);
      measure();
      timer = setInterval(measure, diskEveryMs).unref();
    },
    end: () => {
      clearInterval(timer);
      log?.({ level: 'info', event: 'node_ended', node });
      metrics?.record('slots_total', 0, { node });
    },
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
