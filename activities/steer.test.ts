import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setCrashHook } from '../src/crash-points.js';
import type { OptimizerEvent } from '../src/samplers/sampler.js';
import { listEvents } from '../src/store/optimizer-log.js';
import type { RunTrialInput, SteerOrder, SteerReply, TrialOutcome } from './contracts.js';
import { cancelled, complete, CoordinatorFixture, failed } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
let orders = 0;
afterEach(() => {
  setCrashHook(undefined);
  fixture.dispose();
});

const steer = (order: SteerOrder, requestId = `order-${++orders}`): Promise<SteerReply> =>
  fixture.activities.steer({ ...fixture.names, requestId, order });
const refused = (order: SteerOrder, want: { type?: string; message?: string }) =>
  expect(steer(order)).rejects.toMatchObject(want);
const sweep = () => fixture.ledger.getSweep('demo');
const trial = (id: string) => fixture.ledger.getTrial('demo', id);
const journal = () => fixture.ledger.listJournal('demo');
const events = (): OptimizerEvent[] => fixture.ledger.transact((db) => listEvents(db, 'demo'));

async function open(options: ConstructorParameters<typeof CoordinatorFixture>[0] = {}) {
  fixture = new CoordinatorFixture(options);
  await fixture.open();
}

/** Every searched number in the middle of its range. */
const middle = {
  'weight.spec-a': 0.5,
  'weight.spec-b': 0.5,
  'density.spec-a': 0.6,
  'density.spec-b': 0.6,
};

/** Runs all to the end but trial 2, which ends as said. */
const endingTwo = (end: (trial: RunTrialInput) => TrialOutcome) => (input: RunTrialInput) =>
  input.trial === '2' ? end(input) : complete(input);

describe('pause and resume', () => {
  beforeEach(() => open());

  it('accepts outcomes of a held sweep and hands nothing out, until it is resumed', async () => {
    const { trials } = await fixture.pastBaselines(2);
    expect(await steer({ kind: 'pause' })).toMatchObject({ isHeld: true, state: 'running' });
    const held = await fixture.tellAsk(
      trials.map((input) => complete(input)),
      3,
    );
    expect(held).toMatchObject({ trials: [], isHeld: true, state: 'running' });
    expect(trial('1')).toMatchObject({ state: 'complete' });
    expect(await steer({ kind: 'resume' })).toMatchObject({ isHeld: false });
    const reply = await fixture.tellAsk([], 3);
    expect(reply.trials).toHaveLength(3);
    expect(reply).not.toHaveProperty('isHeld');
  });

  it('neither confirms nor finishes while it is held', async () => {
    const reply = await fixture.pastBaselines(6);
    await steer({ kind: 'pause' });
    const held = await fixture.tellAsk(
      reply.trials.map((input) => complete(input)),
      9,
    );
    expect(held).toMatchObject({ trials: [], state: 'running' });
    expect(fixture.ledger.listTrials('demo').some(({ kind }) => kind === 'confirm')).toBe(false);
    await steer({ kind: 'resume' });
    const { trials } = await fixture.tellAsk([], 9);
    expect(trials.every(({ kind }) => kind === 'confirm')).toBe(true);
  });

  it('stays held over a restart and over another opening', async () => {
    await steer({ kind: 'pause' });
    fixture.restart();
    expect(await fixture.open()).toMatchObject({ isHeld: true });
    expect((await fixture.tellAsk([], 3)).trials).toEqual([]);
  });

  it('says of a repeated question whether the sweep is held now, not then', async () => {
    await steer({ kind: 'pause' });
    await fixture.tellAsk([], 3);
    await steer({ kind: 'resume' });
    fixture.nextRequest--;
    expect(await fixture.tellAsk([], 3)).not.toHaveProperty('isHeld');
  });

  it('is once, however often it is ordered, and says so', async () => {
    await steer({ kind: 'pause' });
    expect((await steer({ kind: 'pause' })).message).toBe('demo was held already.');
    await steer({ kind: 'resume' });
    expect((await steer({ kind: 'resume' })).message).toBe('demo was not held.');
  });
});

describe('an order that comes twice', () => {
  beforeEach(() => open());

  it.each<SteerOrder>([
    { kind: 'pause' },
    { kind: 'stop' },
    { kind: 'cancel' },
    { kind: 'extend', trials: 4 },
    { kind: 'retry', trials: ['2'] },
    { kind: 'inject', params: middle },
  ])('is carried out once, is recorded once and gets the same answer: %j', async (order) => {
    const { trials } = await fixture.pastBaselines(3);
    await fixture.tellAsk(trials.map(endingTwo((input) => failed(input, 'crash'))), 0);
    const first = await steer(order, 'one');
    const [row, log] = [sweep(), events()];
    fixture.restart();
    expect(await steer(order, 'one')).toEqual(first);
    expect([sweep(), events()]).toEqual([row, log]);
    expect(journal()).toMatchObject([
      { kind: order.kind, requestId: 'one', detail: { message: first.message } },
    ]);
  });

  it('is carried out once when the coordinator died right after its commit', async () => {
    setCrashHook((point) => {
      if (point === 'after commit') throw new Error('killed');
    });
    await expect(steer({ kind: 'extend', trials: 5 }, 'one')).rejects.toThrow('killed');
    setCrashHook(undefined);
    fixture.restart();
    expect(await steer({ kind: 'extend', trials: 5 }, 'one')).toMatchObject({
      message: 'demo may try 5 more: 11 in all.',
    });
    expect(sweep()?.maxTrials).toBe(11);
  });

  it('is not there at all when the coordinator died right before its commit', async () => {
    setCrashHook((point) => {
      if (point === 'before commit') throw new Error('killed');
    });
    await expect(steer({ kind: 'inject', params: middle }, 'one')).rejects.toThrow('killed');
    setCrashHook(undefined);
    fixture.restart();
    expect([journal(), events()]).toEqual([[], []]);
    await steer({ kind: 'inject', params: middle }, 'one');
    expect(events()).toHaveLength(1);
  });
});

describe('extend', () => {
  it('raises the budget of a sweep that runs', async () => {
    await open({ maxTrials: 2 });
    await fixture.pastBaselines(2);
    expect((await fixture.tellAsk([], 3)).trials).toEqual([]);
    await steer({ kind: 'extend', trials: 2 });
    const reply = await fixture.tellAsk([], 5);
    expect(reply.trials.map((input) => input.trial)).toEqual(['3', '4']);
    expect(reply.summary).toContain('0/4');
  });

  it('lets a finished sweep that confirms nothing wait to be run again', async () => {
    await open({ maxTrials: 2, hasConfirm: false });
    await fixture.runToEnd();
    expect(sweep()?.state).toBe('finished');
    expect(await steer({ kind: 'extend', trials: 1 })).toMatchObject({
      state: 'paused',
      reason: 'its budget was raised to 3 trials',
    });
    await fixture.open();
    expect((await fixture.tellAsk([], 5)).trials.map((input) => input.trial)).toEqual(['3']);
  });

  it('is refused once the held-out documents were handed out', async () => {
    await open({ maxTrials: 2 });
    await fixture.runToEnd();
    await refused(
      { kind: 'extend', trials: 1 },
      {
        type: 'steer_refused',
        message: expect.stringContaining('mergesweep fork demo') as string,
      },
    );
    expect([sweep()?.maxTrials, sweep()?.state, journal()]).toEqual([2, 'finished', []]);
  });
});

describe('retry', () => {
  it.each(['crash', 'invalid_merge'] as const)(
    'runs a trial again under its number that the optimizer has closed (%s), as a foreign point',
    async (failureClass) => {
      await open({ maxTrials: 4 });
      const { trials } = await fixture.pastBaselines(3);
      await fixture.tellAsk(trials.map(endingTwo((input) => failed(input, failureClass))), 0);
      await steer({ kind: 'retry', trials: ['2'] });
      const again = await fixture.tellAsk([], 1);
      expect(again.trials.map((input) => input.trial)).toEqual(['2']);
      await fixture.tellAsk(
        again.trials.map((input) => complete(input)),
        0,
      );
      expect(trial('2')).toMatchObject({ state: 'complete' });
      const vector = trial('2')?.vector;
      expect(
        events()
          .filter((event) => event.trial === '2')
          .slice(1),
      ).toMatchObject([
        { kind: failureClass === 'crash' ? 'forget' : 'fail' },
        { kind: 'foreign', vector },
      ]);
      // The state is the fold of the events, or this would be refused.
      fixture.restart();
      await fixture.open();
      expect((await fixture.tellAsk([], 1)).trials.map((input) => input.trial)).toEqual(['4']);
    },
  );

  it('closes a trial for the optimizer once, however often it fails', async () => {
    await open();
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk(
      trials.map((input) => failed(input, 'crash')),
      0,
    );
    for (let again = 0; again < 2; again++) {
      await steer({ kind: 'retry', trials: ['2'] });
      const reply = await fixture.tellAsk([], 1);
      await fixture.tellAsk(
        reply.trials.map((input) => failed(input, 'crash')),
        0,
      );
    }
    expect(events().filter(({ trial: id, kind }) => id === '2' && kind === 'forget')).toHaveLength(
      1,
    );
    expect(fixture.ledger.countFailures('demo')).toEqual({ crash: 4 });
  });

  it('tells a trial as its own that the optimizer still waits for', async () => {
    await open();
    const { trials } = await fixture.pastBaselines(1);
    await fixture.tellAsk(
      trials.map((input) => failed(input, 'tool_missing')),
      0,
    );
    expect(sweep()?.state).toBe('paused');
    await steer({ kind: 'retry', trials: ['1'] });
    await fixture.open();
    const again = await fixture.tellAsk([], 1);
    await fixture.tellAsk(
      again.trials.map((input) => complete(input)),
      0,
    );
    expect(events().map(({ kind, trial: id }) => `${kind} ${id}`)).toContain('tell 1');
  });

  it('takes those for which infrastructure is to blame when none is named', async () => {
    await open({ maxTrials: 5 });
    const { trials } = await fixture.pastBaselines(4);
    const [one, two, three, four] = trials as [
      RunTrialInput,
      RunTrialInput,
      RunTrialInput,
      RunTrialInput,
    ];
    await fixture.tellAsk(
      [failed(one, 'node_lost'), failed(two, 'bad_score'), failed(three, 'hang'), complete(four)],
      0,
    );
    expect(await steer({ kind: 'retry' })).toMatchObject({
      message: 'Trials 1, 3 of demo are in line again.',
    });
    const { trials: again } = await fixture.tellAsk([], 2);
    expect(again.map((input) => input.trial)).toEqual(['1', '3']);
    await refused({ kind: 'retry' }, { message: expect.stringContaining('named: 2') as string });
  });

  it('begins a new count of failures in a row', async () => {
    await open({ maxTrials: 9 });
    const { trials } = await fixture.pastBaselines(9);
    await fixture.tellAsk(
      trials.slice(0, 7).map((input) => failed(input, 'crash')),
      0,
    );
    await steer({ kind: 'retry' });
    await fixture.tellAsk(
      trials.slice(7).map((input) => failed(input, 'crash')),
      0,
    );
    expect(sweep()?.state).toBe('running');
  });

  it('runs a failed confirmation again, also after the end, but no trial of the search', async () => {
    await open({ maxTrials: 2 });
    await fixture.runToEnd((input) =>
      input.trial === 'c1' || input.trial === '2' ? failed(input, 'crash') : complete(input),
    );
    expect(sweep()?.state).toBe('finished');
    await refused({ kind: 'retry', trials: ['2'] }, { type: 'steer_refused' });
    expect(await steer({ kind: 'retry' })).toMatchObject({ state: 'paused' });
    await fixture.open();
    const again = await fixture.tellAsk([], 9);
    expect(again.trials.map((input) => input.trial)).toEqual(['c1']);
    const end = await fixture.tellAsk(
      again.trials.map((input) => complete(input)),
      9,
    );
    expect(end.state).toBe('finished');
  });

  it.each([
    ['7', 'has no trial 7'],
    ['1', 'trial 1 is complete'],
    ['2', 'trial 2 is proposed'],
    ['3', 'trial 3 was cancelled'],
  ])('refuses trial %s and says why', async (id, why) => {
    await open();
    const { trials } = await fixture.pastBaselines(3);
    const [one, , three] = trials as [RunTrialInput, RunTrialInput, RunTrialInput];
    await fixture.tellAsk([complete(one), cancelled(three)], 0);
    await refused(
      { kind: 'retry', trials: [id] },
      {
        type: 'steer_refused',
        message: expect.stringContaining(why) as string,
      },
    );
  });
});

describe('inject', () => {
  beforeEach(() => open({ maxTrials: 3 }));

  it('makes the next candidate of it, which counts to the budget', async () => {
    await fixture.pastBaselines(1);
    expect((await steer({ kind: 'inject', params: middle })).message).toContain('next');
    const { trials } = await fixture.tellAsk([], 9);
    expect(trials.map((input) => input.trial)).toEqual(['2', '3']);
    expect(trial('2')?.params).toEqual(middle);
    fixture.restart();
    await fixture.open();
  });

  it('keeps several in line, as many as the budget allows', async () => {
    for (const place of ['the next one', 'behind one other', 'behind 2 others'])
      expect((await steer({ kind: 'inject', params: middle })).message).toContain(place);
    await refused(
      { kind: 'inject', params: middle },
      {
        message: expect.stringContaining('mergesweep extend demo') as string,
      },
    );
    await steer({ kind: 'extend', trials: 1 });
    await steer({ kind: 'inject', params: middle });
  });

  it.each([
    [{ ...middle, 'weight.spec-a': 0.9 }, 'weight.spec-a is 0.9; it is searched from 0.2 to 0.8'],
    [{ 'weight.spec-a': 0.5 }, 'density.spec-b is missing'],
    [{ ...middle, wieght: 1 }, 'wieght is not a number that this sweep searches'],
    [{ ...middle, 'weight.spec-a': Number.NaN }, 'expected a finite number'],
  ])('refuses what is no point of the box, by name: %j', async (params, why) => {
    await refused({ kind: 'inject', params }, { message: expect.stringContaining(why) as string });
    expect(events()).toEqual([]);
  });
});

describe('orders to a sweep that can not take them', () => {
  it('refuses a sweep that is not there', async () => {
    fixture = new CoordinatorFixture();
    await refused({ kind: 'pause' }, { type: 'sweep_unknown' });
  });

  it('refuses to hold what is finished', async () => {
    await open({ maxTrials: 1 });
    await fixture.runToEnd();
    await refused({ kind: 'pause' }, { type: 'steer_refused' });
    await refused({ kind: 'resume' }, { type: 'steer_refused' });
  });

  it('says of a finished sweep that it does not run, instead of stopping it', async () => {
    await open({ maxTrials: 1 });
    await fixture.runToEnd();
    for (const kind of ['stop', 'cancel'] as const)
      expect((await steer({ kind })).message).toBe('demo does not run: it is finished.');
  });

  it('refuses another ledger’s order', async () => {
    await open();
    const order = { kind: 'pause' } as const;
    await expect(
      fixture.activities.steer({ ledgerId: 'x', sweep: 'demo', requestId: 'r', order }),
    ).rejects.toMatchObject({ type: 'ledger_other' });
  });
});
