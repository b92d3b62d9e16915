import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { answerType } from '../../workflows/messages.js';

/** What a client gets from a workflow that answers so. */
export const refusalWith = (answer: unknown): WorkflowUpdateFailedError =>
  new WorkflowUpdateFailedError(
    'refused',
    ApplicationFailure.create({ type: answerType, details: [answer] }),
  );
