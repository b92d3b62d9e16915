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
      try {
        await client.workflow
          .getHandle(sweepWorkflowId(ledgerId, sweep))
          .signal(lookAgainSignalName);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }),
  );
}
