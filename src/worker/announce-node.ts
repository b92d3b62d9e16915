/** Tells the pool's registry that this node is there and how it stands, until it withdraws. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { passCrashPoint } from '../crash-points.js';
import {
  announceIntervalMs,
  announceSignalName,
  beginAgain,
  nodesWorkflowId,
  withdrawSignalName,
} from '../../workflows/messages.js';
import type { NodeAnnouncement, NodesWorkflowInput } from '../../workflows/messages.js';

export interface AnnounceOptions {
  readonly client: Client;
  readonly nodeId: string;
  /** As it is now; the facts once they are known. */
  readonly describe: () => NodeAnnouncement;
  readonly pool?: string | undefined;
  /** Where a registry that does not run is started. Absent: whoever starts the sweeps starts it. */
  readonly registryTaskQueue?: string | undefined;
  readonly onMessage?: ((message: string) => void) | undefined;
}

export interface Announcer {
  /** What is different must be known at once. */
  announce(): void;
  /** Ends the announcements; waits a second at most for the registry to hear of it. */
  withdraw(): Promise<void>;
}

/** What differs is told once it has lasted for so long: slots are free for moments between trials. */
const settledMs = 2_000;
/** Changes are told no oftener. */
const mostOftenMs = 5_000;

/**
 * Decides when a change is told: once it has lasted for `settledMs`, at most each `mostOftenMs`, and
 * each `announceIntervalMs` in any case.
 */
export class AnnouncementPace {
  private told: string | undefined;
  private toldAt = -Infinity;
  private seen: string | undefined;
  private seenSince = -Infinity;

  /** @param state what others go by, as text; asked again and again, say each second */
  isDue(state: string, now: number): boolean {
    if (state !== this.seen) {
      this.seen = state;
      this.seenSince = now;
    }
    const isOld = now - this.toldAt >= announceIntervalMs;
    const isSettled = now - this.seenSince >= settledMs && now - this.toldAt >= mostOftenMs;
    if (!isOld && (state === this.told || !isSettled)) return false;
    this.noteTold(state, now);
    return true;
  }

  noteTold(state: string, now: number): void {
    this.told = state;
    this.toldAt = now;
  }

  /** It did not come through: again as soon as may be. */
  noteLost(): void {
    this.told = undefined;
  }
}

export function announceNode(options: AnnounceOptions): Announcer {
  const { client, nodeId, describe, pool } = options;
  const pace = new AnnouncementPace();
  let sending: Promise<void> = Promise.resolve();
  let isWithdrawn = false;
  let factsToldAt = -Infinity;
  let complaint: string | undefined;
  const complain = (error: unknown): void => {
    const message =
      error instanceof WorkflowNotFoundError
        ? `Node ${nodeId} waits: no sweep was started on this server yet`
        : `Node ${nodeId} could not announce itself, and tries again: ${error instanceof Error ? error.message : String(error)}`;
    // Once, however long it lasts.
    if (message !== complaint) options.onMessage?.(message);
    complaint = message;
  };
  const send = (withFacts: boolean): void => {
    const { facts, ...rest } = describe();
    const message = withFacts && facts !== undefined ? { ...rest, facts } : rest;
    // One after the other: an older one must not come last.
    sending = sending.then(async () => {
      if (isWithdrawn) return;
      try {
        await tellRegistry(options, message);
        complaint = undefined;
      } catch (error) {
        pace.noteLost();
        factsToldAt = -Infinity;
        complain(error);
      }
    });
  };
  const look = (isUrgent = false): void => {
    const { facts, ...state } = describe();
    const now = performance.now();
    const text = JSON.stringify(state);
    if (isUrgent) pace.noteTold(text, now);
    else if (!pace.isDue(text, now)) return;
    // The registry keeps them; one that has just begun gets them within a minute.
    const areDue = now - factsToldAt >= announceIntervalMs - settledMs;
    if (facts !== undefined && areDue) factsToldAt = now;
    send(areDue);
  };
  look(true);
  const timer = setInterval(look, 1_000);
  timer.unref();
  return {
    announce: () => {
      look(true);
    },
    withdraw: async () => {
      clearInterval(timer);
      const handle = client.workflow.getHandle(nodesWorkflowId(pool));
      const last = sending;
      isWithdrawn = true;
      const told = last.then(() => handle.signal(withdrawSignalName, nodeId));
      // The registry forgets silent nodes by itself: a server that is away must not hold us up.
      await Promise.race([
        told.catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      ]);
    },
  };
}

async function tellRegistry(options: AnnounceOptions, message: NodeAnnouncement): Promise<void> {
  const { client, pool, registryTaskQueue } = options;
  if (registryTaskQueue === undefined)
    await client.workflow.getHandle(nodesWorkflowId(pool)).signal(announceSignalName, message);
  else await signalRegistry({ client, pool, registryTaskQueue }, announceSignalName, message);
}

interface RegistryAddress extends Pick<AnnounceOptions, 'client' | 'pool'> {
  readonly registryTaskQueue: string;
}

/** Signals the registry of a pool; the first signal starts it. */
export async function signalRegistry(
  options: RegistryAddress,
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
    retry: beginAgain,
  });
  passCrashPoint('after signal', signal);
}
