/** Asking a workflow a question that it answers by `workflows/answer.ts`. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { answerType } from '../../workflows/messages.js';

/**
 * @param withinMs how long an answer is waited for, > 0
 * @throws WorkflowNotFoundError where it does not run; another error where nobody answers in time
 */
export async function askWorkflow<Answer>(
  client: Client,
  workflowId: string,
  question: string,
  withinMs: number,
): Promise<Answer> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    await client.withDeadline(Date.now() + withinMs, () => handle.executeUpdate(question));
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === answerType)
      return cause.details?.[0] as Answer;
    throw error;
  }
  throw new Error(`${workflowId} does not know the question ${question}`);
}
