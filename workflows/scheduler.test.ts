import { describe, expect, it } from 'vitest';
import { carry, openScheduler, reduce } from './scheduler.js';
import type { SchedulerEvent, TrialEnded } from './scheduler-state.js';
import { attached, detached, ended, opened, reply, run } from './scheduler.fixture.js';
import { makeComplete, makeFailed, makeRelease, makeRun } from './trial.fixture.js';

describe('reduce', () => {
  it('asks for as many trials as there is room', () => {
    const { commands } = run(openScheduler(3), opened());
    expect(commands).toEqual([{ type: 'tellAsk', requestId: 1, outcomes: [], want: 3 }]);
  });

  it('starts the trials that were in flight and asks for the rest', () => {
    const { commands } = run(openScheduler(3), opened('1', '2'));
    expect(commands).toEqual([
      detached('1', '2'),
      { type: 'tellAsk', requestId: 1, outcomes: [], want: 1 },
    ]);
  });

  it('never has two requests outstanding', () => {
    const { commands } = run(openScheduler(3), opened('1', '2'), ended('1'), ended('2'));
    expect(commands.filter((command) => command.type === 'tellAsk')).toHaveLength(1);
  });

  it('tells an outcome at once, with the slot it frees', () => {
    const { commands } = run(openScheduler(1), opened('1'), ended('1'));
    expect(commands.at(-1)).toEqual({
      type: 'tellAsk',
      requestId: 1,
      outcomes: [makeComplete('1')],
      want: 1,
    });
  });

  it('ignores a second outcome of a trial, before and after the first was told', () => {
    const first = run(openScheduler(1), opened('1'), ended('1'));
    const again = run(first.state, ended('1'), reply(1, ['2']), ended('1'));
    expect(again.commands).toEqual([attached('2')]);
    expect(again.state.untold).toEqual([]);
  });

  it('ignores a reply to a request that is not outstanding', () => {
    const { state } = run(openScheduler(1), opened());
    expect(reduce(state, reply(7, ['9']))).toEqual({ state, commands: [] });
  });

  it('does not ask again for what the ledger did not have, until an outcome comes', () => {
    const dry = run(openScheduler(3), opened('1'), reply(1, ['2']));
    expect(run(dry.state, { type: 'capacityChanged', capacity: 4 }).commands).toEqual([]);
    expect(run(dry.state, ended('1')).commands).toEqual([
      { type: 'tellAsk', requestId: 2, outcomes: [makeComplete('1')], want: 2 },
    ]);
  });

  it('asks for more when nodes come, and for none beyond a shrunken capacity', () => {
    const full = run(openScheduler(1), opened('1'));
    expect(full.commands).toHaveLength(1);
    const grown = run(full.state, { type: 'capacityChanged', capacity: 3 });
    expect(grown.commands).toEqual([{ type: 'tellAsk', requestId: 1, outcomes: [], want: 2 }]);
    const shrunk = run(
      grown.state,
      { type: 'capacityChanged', capacity: 1 },
      reply(1, ['2', '3']),
      ended('1'),
    );
    expect(shrunk.commands.at(-1)).toMatchObject({ type: 'tellAsk', want: 0 });
  });

  it('tells at most six outcomes at once', () => {
    const trials = Array.from({ length: 9 }, (_, index) => `${index + 1}`);
    const busy = run(openScheduler(10), opened(...trials));
    const { state } = run(busy.state, ...trials.map(ended));
    const { commands } = run(state, reply(1, []));
    expect(commands.at(-1)).toMatchObject({ type: 'tellAsk', requestId: 2 });
    const [tell] = commands;
    expect(tell?.type === 'tellAsk' && tell.outcomes).toHaveLength(6);
  });

  it('finishes only when every release has come back', () => {
    const asked = run(openScheduler(1), opened('1'), ended('1'));
    const finished = reply(1, [], { state: 'finished', releases: [makeRelease('1')] });
    const waiting = run(asked.state, finished);
    expect(waiting.commands).toEqual([{ type: 'release', orders: [makeRelease('1')] }]);
    expect(run(waiting.state, { type: 'releaseDone', trial: '1' }).commands).toEqual([
      { type: 'finish' },
    ]);
  });

  it('finishes at once when the sweep was finished before', () => {
    const { commands } = run(openScheduler(2), {
      ...opened(),
      state: 'finished',
    } as SchedulerEvent);
    expect(commands).toEqual([{ type: 'finish' }]);
  });

  it('lets trials in flight end and be told before it pauses, with the ledger’s reason', () => {
    const asked = run(openScheduler(2), opened('1', '2'), ended('1'));
    const pausing = run(asked.state, reply(1, [], { state: 'paused', reason: 'disk full' }));
    expect(pausing.commands).toEqual([]);
    const last = run(pausing.state, ended('2'));
    expect(last.commands).toEqual([
      { type: 'tellAsk', requestId: 2, outcomes: [makeComplete('2')], want: 0 },
    ]);
    const end = run(last.state, reply(2, [], { state: 'paused', reason: 'disk full' }));
    expect(end.commands).toEqual([{ type: 'pause', reason: 'disk full' }]);
  });

  it('pauses instead of waiting for ever when the ledger has nothing and nothing runs', () => {
    const { commands } = run(openScheduler(2), opened(), reply(1, []));
    expect(commands.at(-1)).toMatchObject({ type: 'pause' });
  });

  it('waits without a word when no node is there', () => {
    expect(run(openScheduler(0), opened()).commands).toEqual([]);
  });

  it('drains on stop: no more trials, what runs may end', () => {
    const busy = run(openScheduler(2), opened('1', '2'));
    const stopping = run(busy.state, { type: 'stopRequested', mode: 'drain' }, ended('1'));
    expect(stopping.commands).toEqual([
      { type: 'tellAsk', requestId: 1, outcomes: [makeComplete('1')], want: 0 },
    ]);
    const end = run(stopping.state, reply(1, []), ended('2'), reply(2, []));
    expect(end.commands.at(-1)).toEqual({ type: 'pause', reason: 'stopped by the user' });
  });

  it('cancels what runs when stopped now, also what a late reply hands out', () => {
    const asked = run(openScheduler(2), opened('1'));
    const stopped = run(asked.state, { type: 'stopRequested', mode: 'now' });
    expect(stopped.commands).toEqual([{ type: 'cancelTrials', trials: ['1'] }]);
    const late = run(stopped.state, reply(1, ['2']));
    expect(late.commands).toEqual([attached('2'), { type: 'cancelTrials', trials: ['2'] }]);
  });

  it('cancels once, however often it is told to stop now', () => {
    const stop: SchedulerEvent = { type: 'stopRequested', mode: 'now' };
    const { commands } = run(openScheduler(1), opened('1'), stop, stop);
    expect(commands.filter((command) => command.type === 'cancelTrials')).toHaveLength(1);
  });

  it('adopts and cancels what is in flight when it was stopped before it had opened', () => {
    const stop: SchedulerEvent = { type: 'stopRequested', mode: 'now' };
    const { commands } = run(openScheduler(2), stop, opened('1'));
    expect(commands).toEqual([detached('1'), { type: 'cancelTrials', trials: ['1'] }]);
  });

  it('starts lost trials again when it is reconciled, and drops what the ledger has closed', () => {
    const busy = run(openScheduler(2), opened('1', '2'));
    const { state, commands } = run(busy.state, { type: 'reconciled', pending: [makeRun('2')] });
    expect(commands[0]).toEqual(detached('2'));
    expect(commands[1]).toMatchObject({ type: 'tellAsk', want: 1 });
    expect(state.inFlight).toEqual(['2']);
  });

  it('continues as new with trials in flight and with outcomes that came too late to be told', () => {
    const busy = run(openScheduler(2), opened('1', '2'));
    const rotated = run(busy.state, { type: 'rotationDue' });
    expect(rotated.commands).toEqual([{ type: 'continueAsNew' }]);
    const late: SchedulerEvent[] = [
      ended('2'),
      { type: 'capacityChanged', capacity: 5 },
      { type: 'stopRequested', mode: 'drain' },
    ];
    expect(carry(rotated.state, late)).toEqual({
      capacity: 5,
      carried: {
        requestId: 1,
        inFlight: ['1'],
        outcomes: [makeComplete('2')],
        releases: [],
        stop: 'drain',
      },
    });
  });

  it('does not continue as new before the reply is in, and carries releases that are out', () => {
    const asked = run(openScheduler(2), opened('1', '2'), ended('1'), { type: 'rotationDue' });
    expect(asked.commands.map((command) => command.type)).not.toContain('continueAsNew');
    const replied = run(asked.state, reply(1, [], { releases: [makeRelease('1')] }));
    expect(replied.commands).toEqual([
      { type: 'release', orders: [makeRelease('1')] },
      { type: 'continueAsNew' },
    ]);
    const { carried } = carry(replied.state, []);
    const next = run(openScheduler(2, carried), opened('2'));
    expect(next.commands).toContainEqual({ type: 'release', orders: [makeRelease('1')] });
  });

  it('continues as new only without attached trials, and keeps the slots busy with detached ones', () => {
    const busy = run(openScheduler(2), opened(), reply(1, ['1', '2']), { type: 'rotationDue' });
    expect(busy.commands.slice(1)).toEqual([attached('1', '2')]);
    const replaced = run(busy.state, ended('1'), reply(2, ['3']));
    expect(replaced.commands.slice(1)).toEqual([detached('3')]);
    const free = run(replaced.state, ended('2'));
    expect(free.commands).toEqual([{ type: 'continueAsNew' }]);
    expect(carry(free.state, []).carried).toMatchObject({
      inFlight: ['3'],
      outcomes: [makeComplete('2')],
    });
  });

  it('leaves an attached trial alone when it is reconciled', () => {
    const busy = run(openScheduler(2), opened('1'), reply(1, ['2']));
    const pending = [makeRun('1'), makeRun('2')];
    expect(run(busy.state, { type: 'reconciled', pending }).commands).toEqual([detached('1')]);
  });

  it('forgets an attached trial that the ledger has closed, so that it can continue as new', () => {
    const busy = run(openScheduler(1), opened(), reply(1, ['1']), { type: 'rotationDue' });
    const closed = run(
      busy.state,
      { type: 'reconciled', pending: [] },
      reply(2, ['2']),
      ended('1'),
    );
    expect(closed.commands.at(-1)).toEqual({ type: 'continueAsNew' });
  });

  it('takes no outcome of a detached twin for that of the trial that runs attached', () => {
    const busy = run(openScheduler(1), opened(), reply(1, ['1']));
    const outcome = makeFailed('1');
    const twin = run(
      busy.state,
      { type: 'trialEnded', outcome, isDetached: true },
      { type: 'rotationDue' },
    );
    expect(twin.commands).toEqual([]);
    const own = run(twin.state, ended('1'));
    expect(own.commands).toEqual([{ type: 'continueAsNew' }]);
    expect(carry(own.state, []).carried.outcomes).toEqual([makeComplete('1')]);
  });

  it('starts no trial again that ended while the ledger was read, and tells its outcome', () => {
    const came: TrialEnded[] = [
      { type: 'trialEnded', outcome: makeComplete('1'), isDetached: true },
    ];
    const tell = { type: 'tellAsk', requestId: 1, outcomes: [makeComplete('1')], want: 1 };
    const first = run(openScheduler(2), {
      ...opened('1', '2'),
      ended: came,
    } as SchedulerEvent);
    expect(first.commands).toEqual([detached('2'), tell]);
    const busy = run(openScheduler(2), opened('1', '2'));
    const pending = [makeRun('1'), makeRun('2')];
    const read = run(busy.state, { type: 'reconciled', pending, ended: came });
    expect(read.commands).toEqual([detached('2'), tell]);
    expect(read.state.inFlight).toEqual(['2']);
  });

  it('keeps an outcome that came with what the ledger held before it was asked again', () => {
    const asked = run(openScheduler(2), opened('1', '2'), ended('1'));
    const came: TrialEnded[] = [{ type: 'trialEnded', outcome: makeComplete('2') }];
    const late = run(asked.state, { type: 'reconciled', pending: [], ended: came });
    expect(run(late.state, reply(1, [])).commands).toMatchObject([
      { type: 'tellAsk', outcomes: [makeComplete('2')] },
    ]);
  });

  it('does not start a trial that is handed out again while it still runs attached', () => {
    const busy = run(openScheduler(1), opened(), reply(1, ['1']));
    // Something else has closed it, and the user wants it tried again.
    const closed = run(busy.state, { type: 'reconciled', pending: [] });
    const again = run(closed.state, reply(2, ['1']));
    expect(again.commands).toEqual([]);
    expect(run(again.state, ended('1')).commands).toMatchObject([
      { type: 'tellAsk', outcomes: [makeComplete('1')] },
    ]);
  });

  it('detaches every trial of a sweep that began so', () => {
    const { commands } = run(openScheduler(1, undefined, false), opened(), reply(1, ['1']));
    expect(commands.at(-1)).toEqual(detached('1'));
  });

  it('tells carried outcomes only where the ledger still waits for them', () => {
    const carried = {
      requestId: 5,
      inFlight: [],
      outcomes: [makeComplete('1'), makeComplete('2')],
    };
    const { commands } = run(openScheduler(2, carried), opened('2', '3'));
    expect(commands).toEqual([
      detached('3'),
      { type: 'tellAsk', requestId: 1, outcomes: [makeComplete('2')], want: 1 },
    ]);
  });

  it('keeps an outcome that comes before it has opened', () => {
    const { commands } = run(openScheduler(1), ended('1'), opened('1'));
    expect(commands).toEqual([
      { type: 'tellAsk', requestId: 1, outcomes: [makeComplete('1')], want: 1 },
    ]);
  });
});
