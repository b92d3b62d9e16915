import { describe, expect, it } from 'vitest';
import { attached, ended, opened, reply, run } from './scheduler.fixture.js';
import { carry, openScheduler } from './scheduler.js';
import type { SchedulerEvent } from './scheduler-state.js';
import { makeComplete } from './trial.fixture.js';

const handedIn = (trial: string): SchedulerEvent => ({
  type: 'handedIn',
  outcome: makeComplete(trial),
});
const cancelled = (trial: string): SchedulerEvent => ({
  type: 'trialEnded',
  outcome: { trial, status: 'cancelled', reason: 'cancelled on request' },
});
const start = () => run(openScheduler(2), opened(), reply(1, ['1', '2']));

describe('a result that is handed in', () => {
  it('is told, ends the attempt that runs elsewhere, and its slot is filled', () => {
    const { state } = start();
    const next = run(state, handedIn('1'));
    expect(next.commands).toEqual([
      { type: 'cancelTrials', trials: ['1'] },
      { type: 'tellAsk', requestId: 2, outcomes: [makeComplete('1')], want: 1 },
    ]);
    expect(next.state.inFlight).toEqual(['2']);
    const filled = run(next.state, cancelled('1'), reply(2, ['3']));
    expect(filled.commands).toEqual([attached('3')]);
    expect(filled.state.untold).toEqual([]);
  });

  it('changes nothing where the completion came first', () => {
    const { state } = start();
    const told = run(state, ended('1'));
    expect(run(told.state, handedIn('1'))).toEqual({ state: told.state, commands: [] });
  });

  it('counts once though it comes twice and the completion comes after it', () => {
    const { state } = start();
    const next = run(state, handedIn('1'), handedIn('1'), ended('1'));
    expect(next.commands.filter(({ type }) => type === 'cancelTrials')).toHaveLength(1);
    expect(next.state.untold).toEqual([]);
    expect(next.state.asked?.outcomes).toEqual([makeComplete('1')]);
  });

  it('of a trial that nobody awaits is dropped', () => {
    const { state } = start();
    expect(run(state, handedIn('9'))).toEqual({ state, commands: [] });
  });

  it('does not let the run end before the attempt that it ended is gone', () => {
    const { state } = start();
    const next = run(state, { type: 'rotationDue' }, ended('2'), handedIn('1'));
    const asked = next.state.asked?.requestId ?? 0;
    const answered = run(next.state, reply(asked, []), reply(asked + 1, ['3']));
    expect(answered.commands.map(({ type }) => type)).not.toContain('continueAsNew');
    expect(run(answered.state, cancelled('1')).commands).toEqual([{ type: 'continueAsNew' }]);
  });

  it('just before the run continues as new goes with it', () => {
    const { state } = start();
    expect(carry(state, [handedIn('2')]).carried).toMatchObject({
      inFlight: ['1'],
      outcomes: [makeComplete('2')],
    });
  });
});
