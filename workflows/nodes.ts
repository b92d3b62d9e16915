/** Which nodes are there, and who wants to know: one workflow per pool, shared by all ledgers. */
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  announceIntervalMs,
  announceSignalName,
  nodesQueryName,
  subscribeSignalName,
  withdrawSignalName,
} from './messages.js';
import type { NodeAnnouncement, NodesWorkflowInput } from './messages.js';
import { capacitySignal } from './sweep.js';

export const announceSignal = defineSignal<[NodeAnnouncement]>(announceSignalName);
export const withdrawSignal = defineSignal<[nodeId: string]>(withdrawSignalName);
export const subscribeSignal = defineSignal<[sweepWorkflowId: string]>(subscribeSignalName);
export const nodesQuery = defineQuery<readonly NodeAnnouncement[]>(nodesQueryName);

/** Keep the history short: announcements come each minute from each node, for ever. */
const signalsPerRun = 500;

/** Tells subscribed sweeps how many trials may be in flight: all slots and one to prefetch. */
export async function nodesWorkflow(input: NodesWorkflowInput): Promise<void> {
  const nodes = new Map(input.nodes.map((node) => [node.nodeId, node]));
  const sweeps = new Set(input.sweeps);
  /** What each sweep was told; a new subscriber was told nothing. */
  const told = new Map<string, number>();
  let signals = 0;
  // Also what was carried over is to be told.
  let isChanged = true;
  const note = (): void => {
    signals += 1;
    isChanged = true;
  };

  setHandler(announceSignal, ({ nodeId, slots }) => {
    nodes.set(nodeId, { nodeId, slots, seenAtMs: Date.now() });
    note();
  });
  setHandler(withdrawSignal, (nodeId) => {
    nodes.delete(nodeId);
    note();
  });
  setHandler(subscribeSignal, (sweepWorkflowId) => {
    sweeps.add(sweepWorkflowId);
    told.delete(sweepWorkflowId);
    note();
  });
  setHandler(nodesQuery, () => [...nodes.values()]);

  for (;;) {
    await condition(() => isChanged, announceIntervalMs);
    isChanged = false;
    for (const node of nodes.values())
      if (Date.now() - node.seenAtMs > 3 * announceIntervalMs) nodes.delete(node.nodeId);
    const slots = [...nodes.values()].reduce((sum, node) => sum + node.slots, 0);
    const capacity = nodes.size === 0 ? 0 : slots + 1;
    for (const sweep of sweeps) if (told.get(sweep) !== capacity) await tell(sweep, capacity);
    if (signals >= signalsPerRun || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof nodesWorkflow>({
        nodes: [...nodes.values()],
        sweeps: [...sweeps],
      });
    // Nothing to do and nobody to tell: the next announcement starts it again.
    if (nodes.size === 0 && sweeps.size === 0) return;
  }

  async function tell(sweep: string, capacity: number): Promise<void> {
    try {
      await getExternalWorkflowHandle(sweep).signal(capacitySignal, capacity);
      told.set(sweep, capacity);
    } catch {
      // It has ended; one that is run again subscribes again.
      sweeps.delete(sweep);
      told.delete(sweep);
    }
  }
}
