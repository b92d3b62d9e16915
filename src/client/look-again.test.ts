import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { lookAgain } from './look-again.js';

/** Notes what it is asked for, by sweep. */
function noteCalls(failing: { readonly reset?: Error; readonly signal?: Error } = {}) {
  const calls: string[] = [];
  const answer = (call: string, error?: Error): Promise<void> => {
    calls.push(call);
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  const client = {
    options: { namespace: 'here' },
    workflowService: {
      resetStickyTaskQueue: ({ execution }: { execution: { workflowId: string } }) =>
        answer(`reset ${execution.workflowId}`, failing.reset),
    },
    workflow: {
      getHandle: (id: string) => ({ signal: () => answer(`signal ${id}`, failing.signal) }),
    },
  };
  return { calls, client: client as unknown as Client };
}

describe('lookAgain', () => {
  it('frees a sweep of the worker that died before it gives it something to do', async () => {
    const { calls, client } = noteCalls();
    await lookAgain(client, 'l', ['a']);
    expect(calls).toEqual(['reset mergesweep/l/a', 'signal mergesweep/l/a']);
  });

  it('signals also where the server does not let the worker be forgotten', async () => {
    const { calls, client } = noteCalls({ reset: new Error('UNIMPLEMENTED') });
    await lookAgain(client, 'l', ['a']);
    expect(calls).toContain('signal mergesweep/l/a');
  });

  it('passes over a sweep that has no workflow, and tells of any other error', async () => {
    const gone = noteCalls({ signal: new WorkflowNotFoundError('', 'a', undefined) });
    await lookAgain(gone.client, 'l', ['a']);
    const away = noteCalls({ signal: new Error('UNAVAILABLE') });
    await expect(lookAgain(away.client, 'l', ['a'])).rejects.toThrow('UNAVAILABLE');
  });
});
