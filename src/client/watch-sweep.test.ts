import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TerminatedFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { explainFailure } from './watch-sweep.js';

describe('explainFailure', () => {
  it('keeps code and words of the activity that refused the sweep', () => {
    const refused = ApplicationFailure.nonRetryable('another file', 'spec_changed');
    const activity = new ActivityFailure(
      ...(['failed', 'openSweep', '1', 'NON_RETRYABLE_FAILURE', 'me', refused] as const),
    );
    const error = new WorkflowFailedError('Workflow execution failed', activity, 'FAILED' as never);
    expect(explainFailure(error)).toMatchObject({ code: 'spec_changed', message: 'another file' });
  });

  it("says how to go on when Temporal's database was lost", () => {
    const error = explainFailure(new WorkflowNotFoundError('', 'mergesweep/l/demo', undefined));
    expect(error).toMatchObject({ code: 'sweep_failed' });
    expect(error.message).toMatch(/its database was lost.*Run the sweep again/);
  });

  it('says how to go on after a termination', () => {
    const terminated = new TerminatedFailure('by an operator');
    const error = new WorkflowFailedError(
      'Workflow execution failed',
      terminated,
      'FAILED' as never,
    );
    expect(explainFailure(error)).toMatchObject({ code: 'sweep_failed' });
    expect(explainFailure(error).message).toMatch(/by an operator.*Run the sweep again/);
  });

  it('says how to go on after a history that could not be repeated, ten times', () => {
    const unrepeatable = ApplicationFailure.create({ message: '[TMPRL1100] no', type: '' });
    const error = new WorkflowFailedError('failed', unrepeatable, 'FAILED' as never);
    expect(explainFailure(error)).toMatchObject({ code: 'sweep_failed' });
    expect(explainFailure(error).message).toMatch(/TMPRL1100.*Run the sweep again/);
  });
});
