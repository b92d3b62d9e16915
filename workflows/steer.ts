/** An order of the user to a sweep that has no workflow now, carried out by whoever holds the ledger. */
import { proxyActivities } from '@temporalio/workflow';
import type { CoordinatorActivities, SteerInput, SteerReply } from '../activities/contracts.js';

const coordinator = proxyActivities<CoordinatorActivities>({
  // The user waits for it: it is tried again for a while, not for ever.
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 5 },
});

/** @throws when the ledger refuses the order */
export async function steerWorkflow(input: SteerInput): Promise<SteerReply> {
  return coordinator.steer(input);
}
