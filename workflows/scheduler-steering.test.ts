import { describe, expect, it } from 'vitest';
import { openScheduler } from './scheduler.js';
import type { SchedulerEvent } from './scheduler-state.js';
import { attached, detached, ended, opened, reply, run, steered } from './scheduler.fixture.js';
import { makeComplete, makeRelease, makeRun } from './trial.fixture.js';

describe('reduce, steered', () => {
  it('hands out nothing while it is held, lets what runs end and waits', () => {
    const busy = run(openScheduler(2), opened('1', '2'), steered({ isHeld: true }));
    const told = run(busy.state, ended('1'));
    expect(told.commands).toEqual([
      { type: 'tellAsk', requestId: 1, outcomes: [makeComplete('1')], want: 0 },
    ]);
    const held = { isHeld: true };
    const idle = run(told.state, reply(1, [], held), ended('2'), reply(2, [], held));
    expect(idle.commands.map(({ type }) => type)).toEqual(['tellAsk']);
    expect(idle.state.phase).toBe('running');
    expect(run(idle.state, { type: 'capacityChanged', capacity: 5 }).commands).toEqual([]);
    expect(run(idle.state, steered()).commands).toEqual([
      { type: 'tellAsk', requestId: 3, outcomes: [], want: 2 },
    ]);
  });

  it('waits as well where the ledger’s answer is the first to say that it is held', () => {
    const asked = run(openScheduler(2), opened(), reply(1, [], { isHeld: true }));
    expect(asked.commands.map(({ type }) => type)).toEqual(['tellAsk']);
    expect(run(asked.state, steered({ isHeld: true }), steered()).commands).toMatchObject([
      { type: 'tellAsk', want: 2 },
    ]);
  });

  it('opens held: starts what is in flight and asks for nothing', () => {
    const event = { ...opened('1'), isHeld: true } as SchedulerEvent;
    expect(run(openScheduler(2), event).commands).toEqual([detached('1')]);
  });

  it('stops while it is held, and ends when nothing is in flight', () => {
    for (const mode of ['drain', 'now'] as const) {
      const held = run(openScheduler(2), opened(), reply(1, [], { isHeld: true }));
      expect(run(held.state, { type: 'stopRequested', mode }).commands).toEqual([
        { type: 'pause', reason: 'stopped by the user' },
      ]);
    }
  });

  it('continues as new while it is held', () => {
    const held = run(openScheduler(1), opened('1'), steered({ isHeld: true }));
    expect(run(held.state, { type: 'rotationDue' }).commands).toEqual([{ type: 'continueAsNew' }]);
  });

  it('asks again after an order though the ledger had no more to hand out', () => {
    const dry = run(openScheduler(3), opened('1'), reply(1, ['2']));
    expect(run(dry.state, steered()).commands).toEqual([
      { type: 'tellAsk', requestId: 2, outcomes: [], want: 1 },
    ]);
    // What an order brings while a question is out is asked for with the next one.
    const asked = run(dry.state, ended('1'), steered());
    expect(asked.commands.map(({ type }) => type)).toEqual(['tellAsk']);
  });

  it('changes nothing when the same order comes twice', () => {
    const held = run(openScheduler(1), opened('1'), steered({ isHeld: true }));
    expect(run(held.state, steered({ isHeld: true }))).toEqual({ state: held.state, commands: [] });
  });

  it('hands out nothing more for an order that comes when it is stopping', () => {
    const busy = run(openScheduler(2), opened('1'), { type: 'stopRequested', mode: 'drain' });
    expect(run(busy.state, steered()).commands).toEqual([]);
  });

  it('ends with the ledger’s new reason when an order opens the sweep again at its end', () => {
    const asked = run(openScheduler(1), opened('1'), ended('1'));
    const late = run(
      asked.state,
      reply(1, [], { state: 'finished', releases: [makeRelease('1')] }),
      steered({ state: 'paused', reason: 'more budget' }),
      { type: 'releaseDone', trial: '1' },
    );
    expect(late.commands.at(-1)).toEqual({ type: 'pause', reason: 'more budget' });
  });

  it('finishes though an order’s answer is taken in after the later one that it is finished', () => {
    const asked = run(openScheduler(1), opened('1'), ended('1'));
    const late = run(
      asked.state,
      reply(1, [], { state: 'finished', releases: [makeRelease('1')] }),
      steered(),
      { type: 'releaseDone', trial: '1' },
    );
    expect(late.commands.at(-1)).toEqual({ type: 'finish' });
  });

  it('starts a retried trial like any other, and tells its new outcome', () => {
    const first = run(openScheduler(1), opened(), reply(1, ['1']), ended('1'), reply(2, []));
    // The ledger has no more, so it ends; unless the order comes before.
    expect(first.commands.at(-1)).toMatchObject({ type: 'pause' });
    const busy = run(openScheduler(2), opened('9'), reply(1, ['1']), ended('1'), reply(2, []));
    const again = run(busy.state, steered(), reply(3, ['1']), ended('1'));
    expect(again.commands).toEqual([
      { type: 'tellAsk', requestId: 3, outcomes: [], want: 1 },
      attached('1'),
      { type: 'tellAsk', requestId: 4, outcomes: [makeComplete('1')], want: 1 },
    ]);
  });

  it('learns from a reconciliation that it is not held any more, and asks', () => {
    const held = run(openScheduler(2), opened(), reply(1, [], { isHeld: true }));
    const event: SchedulerEvent = { type: 'reconciled', pending: [] };
    expect(run(held.state, { ...event, isHeld: true }).commands).toEqual([]);
    expect(run(held.state, event).commands).toMatchObject([{ type: 'tellAsk', want: 2 }]);
  });

  it('asks again when the ledger was written while no coordinator ran', () => {
    const dry = run(openScheduler(3), opened('1'), reply(1, ['2']));
    const pending = [makeRun('1'), makeRun('2')];
    expect(run(dry.state, { type: 'reconciled', pending }).commands).toEqual([detached('1')]);
    expect(run(dry.state, { type: 'reconciled', pending, isChanged: true }).commands).toEqual([
      detached('1'),
      { type: 'tellAsk', requestId: 2, outcomes: [], want: 1 },
    ]);
  });
});
