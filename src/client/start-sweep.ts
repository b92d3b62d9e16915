/** Starting a sweep's workflow, or finding the one that runs. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { OpenSweepInput, SweepSummary, SweepTurn } from '../../activities/contracts.js';
import {
  beginAgain,
  coordinatorQueue,
  subscribeSignalName,
  sweepStatusQuestion,
  sweepWorkflowId,
} from '../../workflows/messages.js';
import type {
  SweepStatus,
  SweepSubscription,
  SweepWorkflowInput,
} from '../../workflows/messages.js';
import { signalRegistry } from '../worker/announce-node.js';
import { askWorkflow } from './ask-workflow.js';

/** The workflow of a sweep as a client holds it. */
export type SweepHandle = WorkflowHandle<(input: SweepWorkflowInput) => Promise<SweepSummary>>;

export interface StartSweepOptions {
  readonly client: Client;
  readonly open: OpenSweepInput;
  readonly pool?: string | undefined;
  /** Trials in flight until the node registry says otherwise. */
  readonly capacity: number;
  readonly registryTaskQueue: string;
  /** Which of several sweeps the nodes serve first. @default that of the sweep file's defaults */
  readonly turn?: SweepTurn | undefined;
  /** For Temporal's UI, beside the name: method, trials. */
  readonly traits?: readonly string[] | undefined;
  /** As `SweepWorkflowInput.outcomesPerRun`. */
  readonly outcomesPerRun?: number | undefined;
  /** As `SweepWorkflowInput.heartbeatSeconds`. */
  readonly heartbeatSeconds?: number | undefined;
}

/** Starts the sweep, attaches when it runs, and has it told of the nodes that are there. */
export async function startSweep(options: StartSweepOptions): Promise<SweepHandle> {
  const { client, open, pool, capacity, outcomesPerRun, heartbeatSeconds } = options;
  const input: SweepWorkflowInput = {
    ...{ open, capacity },
    ...(pool === undefined ? {} : { pool }),
    ...(outcomesPerRun === undefined ? {} : { outcomesPerRun }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    ...(options.turn === undefined ? {} : { turn: options.turn }),
  };
  const workflowId = sweepWorkflowId(open.ledgerId, open.sweep);
  await client.workflow.start('sweepWorkflow', {
    workflowId,
    taskQueue: coordinatorQueue(open.ledgerId),
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    // A paused or finished one of this name is closed: the ledger knows where to go on.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: [`sweep ${open.sweep}`, ...(options.traits ?? [])].join(' · ').slice(0, 190),
    retry: beginAgain,
    // What a sweep waits for when its coordinator dies in the middle of one; they take milliseconds.
    workflowTaskTimeout: '5 seconds',
  });
  const subscription: SweepSubscription = { workflowId, ...options.turn };
  await signalRegistry(options, subscribeSignalName, subscription);
  // Without a run id: it follows continue-as-new.
  return client.workflow.getHandle(workflowId);
}

/**
 * What the workflow says of itself; undefined when no coordinator answers within the time.
 * @throws WorkflowNotFoundError where it has ended
 */
export async function askStatus(
  client: Client,
  handle: SweepHandle,
  timeoutMs: number,
): Promise<SweepStatus | undefined> {
  try {
    return await askWorkflow(client, handle.workflowId, sweepStatusQuestion, timeoutMs);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    return undefined;
  }
}
