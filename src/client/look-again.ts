/** After the ledger was written while no coordinator ran. */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { lookAgainSignalName, sweepWorkflowId } from '../../workflows/messages.js';

/**
 * Has sweeps that still run from before look again what the ledger says: orders may have been carried
 * out on it meanwhile. Sweeps without a workflow read it when they are started.
 */
export async function lookAgain(
  client: Client,
  ledgerId: string,
  sweeps: readonly string[],
): Promise<void> {
  await Promise.all(
    sweeps.map(async (sweep) => {
      const workflowId = sweepWorkflowId(ledgerId, sweep);
      await offerToAnyWorker(client, workflowId);
      try {
        await client.workflow.getHandle(workflowId).signal(lookAgainSignalName);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }),
  );
}

/** Else its next task waits until the worker that died has had its two seconds to answer. */
async function offerToAnyWorker(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  const execution = { workflowId };
  // Only time is at stake.
  await client.workflowService
    .resetStickyTaskQueue({ namespace, execution })
    .catch(() => undefined);
}
