/** Tells the pool's registry that this node is there, again and again, until it withdraws. */
import type { Client } from '@temporalio/client';
import { passCrashPoint } from '../crash-points.js';
import {
  announceIntervalMs,
  announceSignalName,
  nodesWorkflowId,
  withdrawSignalName,
} from '../../workflows/messages.js';
import type { NodeAnnouncement, NodesWorkflowInput } from '../../workflows/messages.js';

export interface AnnounceOptions {
  readonly client: Client;
  readonly nodeId: string;
  readonly slots: number;
  readonly pool?: string | undefined;
  readonly registryTaskQueue: string;
  readonly onMessage?: (message: string) => void;
}

export interface Announcer {
  /** Ends the announcements; waits a second at most for the registry to hear of it. */
  withdraw(): Promise<void>;
}

export function announceNode(options: AnnounceOptions): Announcer {
  const { client, nodeId, slots, pool } = options;
  const announce = async (): Promise<void> => {
    const announcement: NodeAnnouncement = { nodeId, slots };
    try {
      await signalRegistry(options, announceSignalName, announcement);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      options.onMessage?.(`Node ${nodeId} could not announce itself: ${what}`);
    }
  };
  const first = announce();
  const timer = setInterval(() => void announce(), announceIntervalMs);
  return {
    withdraw: async () => {
      clearInterval(timer);
      const handle = client.workflow.getHandle(nodesWorkflowId(pool));
      const told = first.then(() => handle.signal(withdrawSignalName, nodeId));
      // The registry forgets silent nodes by itself: a server that is away must not hold us up.
      await Promise.race([
        told.catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      ]);
    },
  };
}

/** Signals the registry of a pool; the first signal starts it. */
export async function signalRegistry(
  options: Pick<AnnounceOptions, 'client' | 'pool' | 'registryTaskQueue'>,
  signal: string,
  argument: unknown,
): Promise<void> {
  passCrashPoint('before signal', signal);
  const empty: NodesWorkflowInput = { nodes: [], sweeps: [] };
  await options.client.workflow.signalWithStart('nodesWorkflow', {
    workflowId: nodesWorkflowId(options.pool),
    taskQueue: options.registryTaskQueue,
    args: [empty],
    signal,
    signalArgs: [argument],
    staticSummary: 'which nodes are there',
  });
  passCrashPoint('after signal', signal);
}
