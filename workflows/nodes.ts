/** Which nodes are there, and who wants them: one workflow per pool, shared by all ledgers. */
import {
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { answer } from './answer.js';
import {
  announceIntervalMs,
  announceSignalName,
  drainingQuestion,
  drainSignalName,
  needSignalName,
  nodesQuestion,
  subscribeSignalName,
  undrainSignalName,
  unsubscribeSignalName,
  withdrawSignalName,
} from './messages.js';
import type {
  KnownNode,
  NodeAnnouncement,
  NodesWorkflowInput,
  SweepNeed,
  SweepSubscription,
} from './messages.js';
import { shareSlots } from './share-slots.js';
import { capacitySignal } from './sweep.js';
import { describeNodes } from './sweep-details.js';

export const announceSignal = defineSignal<[NodeAnnouncement]>(announceSignalName);
export const withdrawSignal = defineSignal<[nodeId: string]>(withdrawSignalName);
export const drainSignal = defineSignal<[nodeId: string]>(drainSignalName);
export const undrainSignal = defineSignal<[nodeId: string]>(undrainSignalName);
/** Earlier versions subscribe by the id alone. */
export const subscribeSignal = defineSignal<[SweepSubscription | string]>(subscribeSignalName);
export const needSignal = defineSignal<[SweepNeed]>(needSignalName);
export const unsubscribeSignal = defineSignal<[sweepWorkflowId: string]>(unsubscribeSignalName);

/** Keep the history short: announcements come each minute from each node, for ever. */
const signalsPerRun = 500;
/** A sweep that shares and was terminated says nothing: so often it is looked whether it is there. */
const tellAgainMs = 10 * 60_000;

interface Told {
  readonly capacity: number;
  readonly isShared: boolean;
  readonly atMs: number;
}

/** Tells subscribed sweeps how many trials they may have in flight: their share of slots and prefetch. */
export async function nodesWorkflow(input: NodesWorkflowInput): Promise<void> {
  // Registries of earlier versions give everybody everything until they continue as new.
  const isFair = patched('fair-shares');
  const nodes = new Map(input.nodes.map((node) => [node.nodeId, node]));
  const draining = new Set(input.draining);
  const subscriptions = new Map(
    [...input.sweeps.map(toSubscription), ...(input.subscriptions ?? [])].map((subscription) => [
      subscription.workflowId,
      subscription,
    ]),
  );
  /** What each sweep was told; a new subscriber was told nothing. */
  const told = new Map<string, Told>();
  let signals = 0;
  // Also what was carried over is to be told.
  let isChanged = true;
  const note = (): void => {
    signals += 1;
    isChanged = true;
  };

  setHandler(announceSignal, (announcement) => {
    const { nodeId } = announcement;
    // They do not change while the worker runs, and are left out between the minutes.
    const { facts } = { ...nodes.get(nodeId), ...announcement };
    const known = { ...announcement, ...(facts === undefined ? {} : { facts }) };
    nodes.set(nodeId, { ...known, seenAtMs: Date.now() });
    note();
  });
  setHandler(withdrawSignal, (nodeId) => {
    nodes.delete(nodeId);
    note();
  });
  setHandler(drainSignal, (nodeId) => {
    draining.add(nodeId);
    note();
  });
  setHandler(undrainSignal, (nodeId) => {
    draining.delete(nodeId);
    note();
  });
  setHandler(subscribeSignal, (message) => {
    const subscription = toSubscription(message);
    subscriptions.set(subscription.workflowId, subscription);
    told.delete(subscription.workflowId);
    note();
  });
  setHandler(needSignal, ({ workflowId, need }) => {
    const known = subscriptions.get(workflowId);
    if (known === undefined) return;
    const { need: _, ...rest } = known;
    subscriptions.set(workflowId, { ...rest, ...(need === undefined ? {} : { need }) });
    note();
  });
  setHandler(unsubscribeSignal, (workflowId) => {
    forget(workflowId);
    note();
  });
  answer(nodesQuestion, listNodes);
  answer(drainingQuestion, () => [...draining]);

  for (;;) {
    await condition(() => isChanged, announceIntervalMs);
    isChanged = false;
    for (const node of nodes.values())
      if (Date.now() - node.seenAtMs > 3 * announceIntervalMs) nodes.delete(node.nodeId);
    const shares = isFair
      ? shareSlots(listNodes(), [...subscriptions.values()])
      : giveAll(nodes, subscriptions);
    const isShared = isFair && subscriptions.size > 1;
    setCurrentDetails(describeNodes(listNodes(), shares));
    // One that comes meanwhile has no share yet: the next round tells it.
    for (const sweep of subscriptions.keys()) await tell(sweep, shares.get(sweep), isShared);
    if (signals >= signalsPerRun || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof nodesWorkflow>({
        nodes: [...nodes.values()],
        sweeps: [],
        subscriptions: [...subscriptions.values()],
        draining: [...draining],
      });
    // Nothing to do and nobody to tell: the next announcement starts it again.
    if (nodes.size === 0 && subscriptions.size === 0) return;
  }

  /** As they stand, orders to drain included: the node itself may not have heard yet. */
  function listNodes(): KnownNode[] {
    return [...nodes.values()].map((node) =>
      draining.has(node.nodeId) && (node.state ?? 'ready') === 'ready'
        ? { ...node, state: 'draining', reason: 'told to drain' }
        : node,
    );
  }

  async function tell(
    sweep: string,
    capacity: number | undefined,
    isShared: boolean,
  ): Promise<void> {
    const before = told.get(sweep);
    const isSame = before?.capacity === capacity && before?.isShared === isShared;
    const isStale = isShared && Date.now() - (before?.atMs ?? 0) >= tellAgainMs;
    if (capacity === undefined || (isSame && !isStale)) return;
    try {
      const handle = getExternalWorkflowHandle(sweep);
      if (isShared) await handle.signal(capacitySignal, capacity, true);
      else await handle.signal(capacitySignal, capacity);
      told.set(sweep, { capacity, isShared, atMs: Date.now() });
    } catch {
      // It has ended; one that is run again subscribes again.
      forget(sweep);
      // What it had goes to the others.
      if (isFair) isChanged = true;
    }
  }

  function forget(sweep: string): void {
    subscriptions.delete(sweep);
    told.delete(sweep);
  }
}

const toSubscription = (message: SweepSubscription | string): SweepSubscription =>
  typeof message === 'string' ? { workflowId: message } : message;

/** What earlier versions did: histories of their registries are replayed. */
function giveAll(
  nodes: ReadonlyMap<string, NodeAnnouncement>,
  subscriptions: ReadonlyMap<string, SweepSubscription>,
): ReadonlyMap<string, number> {
  const slots = [...nodes.values()].reduce((sum, node) => sum + node.slots, 0);
  const capacity = nodes.size === 0 ? 0 : slots + 1;
  return new Map([...subscriptions.keys()].map((sweep) => [sweep, capacity]));
}
