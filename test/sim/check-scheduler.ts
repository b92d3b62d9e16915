/** The scheduler's rules, step by step. */
import type { SchedulerEvent, SchedulerState, Step } from '../../workflows/scheduler-state.js';

export function checkStep(
  before: SchedulerState,
  event: SchedulerEvent,
  { state, commands }: Step,
  violate: (kind: string, text: string) => void,
): void {
  const asks = commands.filter((command) => command.type === 'tellAsk');
  const isAsking = before.asked !== undefined && event.type !== 'reply';
  if (asks.length > 1 || (isAsking && asks.length > 0)) {
    violate('scheduler', 'asks while a request is outstanding');
  }
  for (const { want, outcomes } of asks) {
    const free = Math.max(0, state.capacity - state.inFlight.length);
    if (want > free) violate('scheduler', `wants ${want} trials where ${free} slots are free`);
    const trials = new Set(outcomes.map(({ trial }) => trial));
    if (trials.size < outcomes.length) violate('scheduler', 'tells one trial twice in a request');
  }
  if (new Set(state.inFlight).size < state.inFlight.length) {
    violate('scheduler', 'holds one trial to be in flight twice');
  }
  const ends = commands.some(({ type }) => type === 'finish' || type === 'pause');
  if (ends && state.inFlight.length > 0) violate('scheduler', 'ends while trials are in flight');
  if (ends && state.untold.length > 0) violate('scheduler', 'ends with outcomes untold');
}
