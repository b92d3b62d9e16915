/** A node worker: runs trials on this machine's slots, and answers to its own queue. */
import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type {
  NodeActivities,
  NodeAdminActivities,
  ReleaseOrder,
  RunTrialInput,
  RunTrialResult,
} from '../../activities/contracts.js';
import { gpuQueue, handedBackFailureType, nodeQueue } from '../../workflows/messages.js';
import { announceNode } from './announce-node.js';
import { runWorkers } from './running-worker.js';
import type { RunningWorker } from './running-worker.js';

export interface NodeWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Stable over restarts of the worker on this machine. */
  readonly nodeId: string;
  /** Trials that run at once, ≥ 1; one more is taken to prefetch. */
  readonly slots: number;
  readonly pool?: string | undefined;
  readonly activities: NodeActivities & NodeAdminActivities;
  /** Where a node registry that does not run yet is started. */
  readonly registryTaskQueue: string;
  /** Told when the node could not announce itself; it tries again each minute. */
  readonly onMessage?: (message: string) => void;
}

export async function startNodeWorker(options: NodeWorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, nodeId, slots, pool, activities } = options;
  const shared = {
    ...{ connection, namespace, identity: nodeId, shutdownGraceTime: 0 },
    // A cancellation comes with the answer to a heartbeat: the default would delay it by 24 s.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '2 seconds',
    // Processes are killed within their grace time; more than this is lost.
    shutdownForceTime: '30 seconds',
  } as const;
  const runTrial = handingBack((input) => activities.runTrial(input));
  const trials = await Worker.create({
    ...shared,
    taskQueue: gpuQueue(pool),
    activities: { runTrial },
    maxConcurrentActivityTaskExecutions: slots + 1,
  });
  const admin = await Worker.create({
    ...shared,
    taskQueue: nodeQueue(nodeId),
    activities: {
      runTrial,
      releaseCheckpoint: (order: ReleaseOrder) => activities.releaseCheckpoint(order),
    },
    // They wait for the slots, which all trials share.
    maxConcurrentActivityTaskExecutions: slots + 2,
  });
  const workers = runWorkers([trials, admin]);
  const announcer = announceNode({ ...options, client: new Client({ connection, namespace }) });
  return {
    ended: workers.ended,
    stop: async () => {
      await Promise.all([announcer.withdraw(), workers.stop()]);
    },
  };
}

type RunTrial = (input: RunTrialInput) => Promise<RunTrialResult>;

/**
 * A trial that ends because its worker shuts down goes back to the workflow as such: it costs no
 * attempt and is taken up elsewhere at once.
 */
function handingBack(runTrial: RunTrial): RunTrial {
  return async (input) => {
    try {
      return await runTrial(input);
    } catch (error) {
      if (Context.current().cancellationDetails?.workerShutdown !== true) throw error;
      throw ApplicationFailure.create({
        message: `the node shut down in the middle of trial ${input.trial}`,
        type: handedBackFailureType,
        nonRetryable: true,
      });
    }
  };
}
