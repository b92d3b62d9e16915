/** The coordinator worker: workflows and the activities on the ledger, one process per ledger. */
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type { CoordinatorActivities } from '../../activities/contracts.js';
import { coordinatorQueue, registryQueue } from '../../workflows/messages.js';
import { runWorkers } from './running-worker.js';
import type { RunningWorker } from './running-worker.js';
import type { WorkflowCode } from './workflow-bundle.js';

export interface CoordinatorWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly ledgerId: string;
  readonly activities: CoordinatorActivities;
  readonly workflowBundle: WorkflowCode;
  /** Whether other ledgers share the server: then the node registry has a queue of its own. */
  readonly isSharedServer: boolean;
}

/** The queue on which the node registry runs: on our own server it needs no worker of its own. */
export function registryTaskQueue(ledgerId: string, isSharedServer: boolean): string {
  return isSharedServer ? registryQueue : coordinatorQueue(ledgerId);
}

export async function startCoordinatorWorker(
  options: CoordinatorWorkerOptions,
): Promise<RunningWorker> {
  const { connection, namespace, ledgerId, activities, workflowBundle } = options;
  const shared = {
    ...{ connection, namespace, workflowBundle, shutdownGraceTime: 0 },
    // By default its task is tried for ever, and the sweep stands still; see `beginAgain`.
    workflowFailureErrorTypes: { '*': ['NondeterminismError'] },
  };
  const coordinator = Worker.create({
    ...shared,
    taskQueue: coordinatorQueue(ledgerId),
    // The worker reads own properties only.
    activities: { ...activities },
    // One writer, one transaction at a time.
    maxConcurrentActivityTaskExecutions: 1,
    maxCachedWorkflows: 200,
    // A task for a coordinator that died waits so long until the next one may have it.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  });
  if (!options.isSharedServer) return runWorkers([await coordinator]);
  // Each has a thread that loads the workflows: on two cores both at once.
  const registry = Worker.create({ ...shared, taskQueue: registryQueue });
  return runWorkers(await Promise.all([coordinator, registry]));
}
