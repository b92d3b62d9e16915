/** Events for tests of the scheduler, and what it makes of them. */
import type { TrialId } from '../activities/contracts.js';
import { reduce } from './scheduler.js';
import type { SchedulerCommand, SchedulerEvent, SchedulerState } from './scheduler-state.js';
import { makeComplete, makeRun } from './trial.fixture.js';

/** Runs events through and returns the last state and all commands. */
export function run(from: SchedulerState, ...events: SchedulerEvent[]) {
  let state = from;
  const commands: SchedulerCommand[] = [];
  for (const event of events) {
    const step = reduce(state, event);
    state = step.state;
    commands.push(...step.commands);
  }
  return { state, commands };
}

export const opened = (...trials: TrialId[]): SchedulerEvent => ({
  type: 'opened',
  pending: trials.map((trial) => makeRun(trial)),
  nextRequestId: 1,
  state: 'running',
});
export const ended = (trial: TrialId): SchedulerEvent => ({
  type: 'trialEnded',
  outcome: makeComplete(trial),
});
export const reply = (
  requestId: number,
  trials: TrialId[],
  more: Partial<Extract<SchedulerEvent, { type: 'reply' }>['reply']> = {},
): SchedulerEvent => ({
  type: 'reply',
  reply: {
    requestId,
    trials: trials.map((trial) => makeRun(trial)),
    releases: [],
    state: 'running',
    summary: '',
    ...more,
  },
});

export const steered = (
  more: Partial<Extract<SchedulerEvent, { type: 'steered' }>> = {},
): SchedulerEvent => ({ type: 'steered', isHeld: false, state: 'running', ...more });

const starting =
  (isAttached: boolean) =>
  (...trials: TrialId[]): SchedulerCommand => ({
    type: 'startTrials',
    trials: trials.map((trial) => makeRun(trial)),
    isAttached,
  });
export const attached = starting(true);
export const detached = starting(false);
