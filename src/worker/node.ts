/** A node worker: runs trials on this machine's slots, and answers to its own queue. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type { ReleaseOrder, RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { handedBack } from '../../activities/taken-trials.js';
import { gpuQueue, nodeQueue } from '../../workflows/messages.js';
import type { NodeAnnouncement, NodeFacts } from '../../workflows/messages.js';
import { announceNode } from './announce-node.js';
import { Departure } from './departure.js';
import { handInFinished } from './hand-in.js';
import type { LocalNode } from './local-node.js';
import { PoolView } from './pool-view.js';
import { runWorkers } from './running-worker.js';
import type { RunningWorker } from './running-worker.js';
import { settingAside } from './set-aside.js';
import { TrialPermits } from './trial-permits.js';

export interface NodeWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Stable over restarts of the worker on this machine. */
  readonly nodeId: string;
  readonly node: Omit<LocalNode, 'close'>;
  readonly pool?: string | undefined;
  /** Where a node registry that does not run is started. Absent: whoever starts the sweeps starts it. */
  readonly registryTaskQueue?: string;
  /** Told when the node could not announce itself, and when it is told to drain. */
  readonly onMessage?: (message: string) => void;
}

export interface NodeWorker extends RunningWorker {
  /** Takes no more trials, hands back what has not begun; resolves once none is left. */
  drain(): Promise<void>;
  /** Trials that are here now. */
  readonly taken: () => number;
}

/** Nobody waits long for what another node could begin at once. */
const moveEveryMs = 5_000;
/** What was handed back is for others: so long the node asks for nothing. */
const pauseAfterMoveMs = 3_000;
const ordersEveryMs = 10_000;

export async function startNodeWorker(options: NodeWorkerOptions): Promise<NodeWorker> {
  const { connection, namespace, nodeId, pool, node, onMessage } = options;
  const { slots, prefetch, activities, standing, taken } = node;
  const client = new Client({ connection, namespace });
  const view = new PoolView({ client, nodeId, pool });
  const departure = new Departure();
  let facts: NodeFacts | undefined;
  let isLeaving = false;
  let isToldToDrain = false;

  const isClosed = (): boolean => isLeaving || isToldToDrain || departure.hasGone;
  const limit = (): number => {
    if (isClosed()) return 0;
    if (standing.isOnTrial(Date.now())) return 1;
    return standing.state === 'ready' ? slots + prefetch : 0;
  };
  const permits = new TrialPermits({
    ...{ slots, prefetch, limit },
    areSlotsTaken: () => node.freeSlots() === 0,
    isFreeElsewhere: () => {
      const free = view.freeElsewhere;
      return free === 'unknown' ? free : free > 0;
    },
  });
  const run = settingAside((input) => activities.runTrial(input), { nodeId, standing, onMessage });
  const runTrial = async (input: RunTrialInput): Promise<RunTrialResult> => {
    // It was asked for before the node closed.
    if (isClosed()) throw handedBack(input.trial, `node ${nodeId} takes no more trials`);
    return departure.during(input.trial, run(input), () => taken.useOf(input));
  };

  const shared = {
    ...{ connection, namespace, identity: nodeId, shutdownGraceTime: 0 },
    // A cancellation comes with the answer to a heartbeat: the default would delay it by 24 s.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '2 seconds',
    // Processes are killed within their grace time; more than this is lost.
    shutdownForceTime: '30 seconds',
  } as const;
  const none = { type: 'fixed-size', numSlots: 1 } as const;
  const trials = await Worker.create({
    ...shared,
    taskQueue: gpuQueue(pool),
    activities: { runTrial },
    tuner: {
      activityTaskSlotSupplier: permits,
      // It runs nothing else, and the SDK wants to be told.
      ...{ localActivityTaskSlotSupplier: none, nexusTaskSlotSupplier: none },
      workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: 2 },
    },
  });
  const admin = await Worker.create({
    ...shared,
    taskQueue: nodeQueue(nodeId),
    activities: {
      runTrial: (input: RunTrialInput) => permits.during(() => runTrial(input)),
      releaseCheckpoint: (order: ReleaseOrder) => activities.releaseCheckpoint(order),
    },
    // They wait for the slots, which all trials share.
    maxConcurrentActivityTaskExecutions: slots + 2,
  });
  const workers = runWorkers([trials, admin]);

  const describe = (): NodeAnnouncement => {
    const { reason, refuses } = standing;
    // One trial is wanted of it: only what is counted in comes.
    const state = standing.isOnTrial(Date.now()) ? 'ready' : standing.state;
    return {
      ...{ nodeId, slots, state },
      ...(prefetch === 1 ? {} : { prefetch }),
      freeSlots: Math.max(0, Math.min(limit(), slots) - permits.taken),
      ...(reason === undefined ? {} : { reason }),
      ...(refuses.length === 0 ? {} : { refuses }),
      ...(facts === undefined ? {} : { facts }),
    };
  };
  const announcer = announceNode({ ...options, client, describe });
  void node.facts.then((known) => {
    facts = known;
    announcer.announce();
  });
  const duties = [
    setInterval(moveWaiting, moveEveryMs).unref(),
    setInterval(() => void followOrders(), ordersEveryMs).unref(),
  ];
  void followOrders();
  const finished = handInFinished({ client, nodeId, workRoot: node.workRoot, onMessage });

  /** The last trials of a sweep are not to wait here while another node has nothing to do. */
  function moveWaiting(): void {
    if (taken.movable === 0) return;
    const free = view.freeElsewhere;
    if (free === 'unknown' || free === 0) return;
    if (taken.move(free, 'another node has a free slot') > 0) permits.pause(pauseAfterMoveMs);
  }

  async function followOrders(): Promise<void> {
    const isTold = await view.isToldToDrain();
    if (isTold === undefined || isTold === isToldToDrain || isLeaving) return;
    isToldToDrain = isTold;
    if (isTold) {
      standing.leave('draining', 'told to drain');
      taken.handBackUnbegun(`node ${nodeId} drains`);
      onMessage?.(
        `Node ${nodeId} was told to drain: what runs ends, nothing more is taken until mergesweep nodes undrain ${nodeId}`,
      );
    } else {
      standing.clear('draining');
      onMessage?.(`Node ${nodeId} takes trials again`);
    }
    announcer.announce();
  }

  return {
    ended: workers.ended,
    taken: () => permits.taken,
    drain: async () => {
      isLeaving = true;
      standing.leave('draining', 'its worker ends after the trials that run');
      taken.handBackUnbegun(`node ${nodeId} drains`);
      announcer.announce();
      while (permits.taken > 0 && !departure.hasGone) await delay(100);
    },
    stop: async () => {
      for (const duty of duties) clearInterval(duty);
      finished.stop();
      const why = `node ${nodeId} shut down in the middle of it`;
      departure.go(why);
      taken.handBackAll(why);
      await Promise.all([announcer.withdraw(), workers.stop(), departure.settled()]);
    },
  };
}
