/**
 * Questions to a workflow, answered without a trace in its history.
 *
 * Not as Temporal's queries: one that reaches a worker which does not have the workflow in memory comes with
 * a history that may end in events no workflow task has taken up yet. The SDK (1.24) lets the workflow act
 * on them all the same, and what follows can't be repeated from the history: the next worker is stuck on it.
 * An update goes through a workflow task, and one that its validator refuses is not recorded: the refusal
 * carries the answer.
 */
import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { answerType } from './messages.js';

/** Has the workflow answer the question `name` with what `read` returns then; `read` changes nothing. */
export function answer(name: string, read: () => unknown): void {
  const validator = (): void => {
    throw ApplicationFailure.create({ type: answerType, nonRetryable: true, details: [read()] });
  };
  setHandler(
    defineUpdate(name),
    () => {
      throw new Error('the validator has answered');
    },
    { validator },
  );
}
