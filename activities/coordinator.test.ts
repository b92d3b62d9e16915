import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packDocuments } from '../src/external/packed-report.js';
import { selectBest } from '../src/scoring/select-best.js';
import type { RunTrialInput, TellAskReply } from './contracts.js';
import {
  cancelled,
  complete,
  CoordinatorFixture,
  failed,
  type SweepFixtureOptions,
} from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

async function start(options: SweepFixtureOptions = {}): Promise<CoordinatorFixture> {
  fixture = new CoordinatorFixture(options);
  await fixture.open();
  return fixture;
}

const idsOf = (trials: readonly RunTrialInput[]) => trials.map(({ trial }) => trial);
const ids = ({ trials }: TellAskReply) => idsOf(trials);
const states = () =>
  Object.fromEntries(
    fixture.ledger.listTrials('demo').map(({ trial, state }) => [trial, state] as const),
  );
const events = () =>
  fixture.ledger.transact((db) =>
    db.prepare(`SELECT kind || ' ' || trial FROM optimizer_events ORDER BY sequence`).pluck().all(),
  );

describe('tellAsk', () => {
  it('hands out baselines first, then exactly max_trials candidates, then the confirmations', async () => {
    await start({ maxTrials: 3 });
    const handedOut: string[] = [];
    const last = await fixture.runToEnd((trial) => {
      handedOut.push(trial.trial);
      return complete(trial);
    });
    expect(handedOut).toEqual('b1 b2 b3 b4 b5 1 2 3 c1 c2 c3 c4 c5 c6 c7 c8'.split(' '));
    expect(last.state).toBe('finished');
    expect(fixture.ledger.getSweep('demo')).toMatchObject({
      state: 'finished',
      finishedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('ships the finalist that is best on the held-out documents', async () => {
    await start({ maxTrials: 6, optimizer: 'finalists: 3' });
    const measured = [0.5, 0.9, 0.8, 0.7, 0.6, 0.5];
    let isMeasuredBest = false;
    await fixture.runToEnd((trial) => {
      const row = fixture.ledger.getTrial('demo', trial.trial);
      if (row?.kind === 'search') return complete(trial, measured[Number(trial.trial) - 1]);
      if (row?.kind === 'baseline') return complete(trial, 0.1);
      isMeasuredBest ||= selectBest(fixture.ledger.listTrials('demo'))?.trial === '2';
      return complete(trial, row?.confirms === '3' ? 0.85 : 0.6);
    });
    const confirms = fixture.ledger.listTrials('demo').flatMap((row) => row.confirms ?? []);
    expect(confirms.slice(0, 3).sort()).toEqual(['2', '3', '4']);
    expect(confirms.slice(3)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
    expect(isMeasuredBest).toBe(true);
    expect(selectBest(fixture.ledger.listTrials('demo'))?.trial).toBe('3');
    const summary = await fixture.activities.finishSweep(fixture.names);
    expect(summary.bestTrial).toBe('3');
    const config = readFileSync(join(fixture.folder, 'demo', 'best_config.yaml'), 'utf8');
    expect(config).toContain('Best merge of the sweep demo: trial 3,');
    expect(config).toContain('# Chosen among 3 finalists');
  });

  it.each(['gp', 'random', 'sobol'])('goes on after every trial with %s as well', async (name) => {
    const run = async (isRestarted: boolean) => {
      await start({ maxTrials: 9, hasConfirm: false, optimizer: `name: ${name}` });
      await fixture.runToEnd((trial) => {
        if (isRestarted) fixture.restart();
        return trial.trial === '3' ? failed(trial, 'invalid_merge') : complete(trial);
      });
      const rows = fixture.ledger.listTrials('demo').filter(({ kind }) => kind === 'search');
      return rows.map(({ vector }) => vector);
    };
    const calm = await run(false);
    expect(calm).toHaveLength(9);
    fixture.dispose();
    expect(await run(true)).toEqual(calm);
  });

  it('confirms the best and every complete baseline on the other split', async () => {
    await start({ maxTrials: 3, optimizer: 'finalists: 1' });
    await fixture.runToEnd((trial) =>
      trial.trial === 'b2'
        ? failed(trial, 'crash')
        : complete(trial, Number(trial.trial) === 2 ? 1 : 0.5),
    );
    const confirms = fixture.ledger.listTrials('demo').filter(({ kind }) => kind === 'confirm');
    expect(confirms.map((row) => row.confirms)).toEqual(['2', 'b1', 'b3', 'b4', 'b5']);
    expect(confirms[0]?.input.subject).toEqual(fixture.ledger.getTrial('demo', '2')?.input.subject);
    expect(new Set(confirms.map((row) => row.input.evaluation.split))).toEqual(
      new Set(['confirm']),
    );
    expect(fixture.ledger.listScores('demo', 'c1')).toMatchObject([
      { task: 'held', split: 'confirm' },
    ]);
  });

  it('ends without confirmations where no task is held out', async () => {
    await start({ maxTrials: 2, hasConfirm: false });
    expect((await fixture.runToEnd()).state).toBe('finished');
    expect(Object.keys(states())).toHaveLength(7);
  });

  it('answers the same request with the same reply, also after a restart', async () => {
    await start();
    const first = await fixture.pastBaselines(2);
    const request = {
      ...fixture.names,
      requestId: 50,
      outcomes: [complete(first.trials[0]!)],
      want: 1,
    };
    const reply = await fixture.activities.tellAsk(request);
    const before = events();
    expect(await fixture.activities.tellAsk(request)).toEqual(reply);
    fixture.restart();
    expect(await fixture.activities.tellAsk(request)).toEqual(reply);
    expect(events()).toEqual(before);
  });

  it('takes another request under a used id for what it is', async () => {
    await start();
    const { trials } = await fixture.tellAsk([], 1);
    fixture.nextRequest = 1;
    await fixture.tellAsk([complete(trials[0]!)], 0);
    expect(states()['b1']).toBe('complete');
  });

  it('tells an outcome that is delivered twice once', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(1);
    await fixture.tellAsk([complete(trials[0]!), complete(trials[0]!)], 0);
    await fixture.tellAsk([complete(trials[0]!)], 0);
    expect(events()).toEqual(['foreign b1', 'ask 1', 'tell 1']);
    expect(fixture.ledger.getTrial('demo', '1')?.isDivergent).toBe(false);
  });

  it('records a second completion that says otherwise, and keeps the first', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk([complete(trials[0]!, 0.5), complete(trials[1]!, 0.5)], 0);
    await fixture.tellAsk([complete(trials[0]!, 0.75)], 0);
    const other = { files: {}, sha256: 'another', bytes: 1 };
    await fixture.tellAsk([complete(trials[1]!, 0.5, { checkpoint: other })], 0);
    expect(fixture.ledger.listTrials('demo').filter((row) => row.isDivergent)).toMatchObject([
      { trial: '1', fitness: 0.5 },
      { trial: '2', fitness: 0.5 },
    ]);
    expect(events()).toEqual(['foreign b1', 'ask 1', 'ask 2', 'tell 1', 'tell 2']);
  });

  it('takes the scores of a trial that was cancelled meanwhile: they are of no less worth', async () => {
    await start({ maxTrials: 2, hasConfirm: false });
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk([cancelled(trials[0]!), cancelled(trials[1]!)], 0);
    // Of a run that was terminated: its request is carried out when the run after it has stopped.
    await fixture.tellAsk([complete(trials[0]!, 0.5)], 0);
    expect(fixture.ledger.getTrial('demo', '1')).toMatchObject({ state: 'complete', fitness: 0.5 });
    expect(events()).toEqual(['foreign b1', 'ask 1', 'ask 2', 'tell 1']);
    await fixture.open();
    const again = await fixture.tellAsk([], 5);
    expect(again.trials).toEqual([trials[1]]);
    const end = await fixture.tellAsk([complete(trials[1]!)], 1);
    expect(end.state).toBe('finished');
  });

  it('leaves a trial that was cancelled in line, whatever else is said of it', async () => {
    await start({ maxTrials: 2, hasConfirm: false });
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk([cancelled(trials[0]!)], 0);
    await fixture.tellAsk([failed(trials[0]!, 'hang'), cancelled(trials[0]!)], 0);
    expect(states()['1']).toBe('cancelled');
    expect(events()).toEqual(['foreign b1', 'ask 1', 'ask 2']);
  });

  it('ignores an outcome of a trial that it never proposed', async () => {
    await start();
    const { trials } = await fixture.tellAsk([], 1);
    const reply = await fixture.tellAsk([{ ...complete(trials[0]!), trial: '99' }], 0);
    expect(reply.releases).toEqual([]);
    expect(Object.keys(states())).toHaveLength(5);
  });

  it('lets the optimizer hear of the uniform merge only where it is a point of the box', async () => {
    await start();
    await fixture.pastBaselines(0);
    expect(events()).toEqual(['foreign b1']);
    fixture.dispose();
    await start({ weight: '{min: 0.6, max: 0.8}' });
    await fixture.pastBaselines(0);
    expect(events()).toEqual([]);
  });

  it('lets the optimizer hear of parents and base where they are points of the box, task by task', async () => {
    await start({ weight: '{min: 0, max: 1}' });
    await fixture.pastBaselines(0);
    expect(events()).toEqual(['foreign b1', 'foreign b3', 'foreign b4', 'foreign b5']);
    const payload = fixture.ledger.transact((db) =>
      db.prepare("SELECT payload FROM optimizer_events WHERE trial = 'b4'").pluck().get(),
    ) as string;
    const task = { value: 0.1, error: 0.07071067811865475, direction: 'maximize', share: 0.5 };
    expect(JSON.parse(payload)).toEqual({
      vector: [1, 0, 1, 1],
      fitness: 0.1,
      tasks: [task, task].map((each) => ({
        ...each,
        error: expect.closeTo(each.error, 12) as number,
      })),
    });
  });

  it('tries injected merges first, as trials of the budget, and once', async () => {
    const inject = [0.3, 0.7].map(
      (weight) =>
        `{weight.spec-a: ${weight}, weight.spec-b: 0.5, density.spec-a: 0.5, density.spec-b: 0.5}`,
    );
    await start({ maxTrials: 3, optimizer: `inject: [${inject.join(', ')}]` });
    fixture.restart();
    await fixture.open();
    await fixture.pastBaselines(3);
    expect(events()).toEqual(['inject i1', 'inject i2', 'foreign b1', 'ask 1', 'ask 2', 'ask 3']);
    const params = fixture.ledger
      .listTrials('demo')
      .filter(({ kind }) => kind === 'search')
      .map((row) => row.params?.['weight.spec-a']);
    expect(params.slice(0, 2)).toEqual([expect.closeTo(0.3, 12), expect.closeTo(0.7, 12)]);
    expect(params[2]).not.toBeCloseTo(0.3, 6);
  });

  it('never takes a failure for a score: candidates count as worst, machines are forgotten', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(4);
    const nan = complete(trials[2]!, Number.NaN);
    const cut = complete(trials[3]!, 0.5, { split: 'confirm' });
    await fixture.tellAsk(
      [failed(trials[0]!, 'invalid_merge'), failed(trials[1]!, 'out_of_memory'), nan, cut],
      0,
    );
    expect(events().slice(5)).toEqual(['fail 1', 'forget 2', 'fail 3', 'forget 4']);
    expect(fixture.ledger.countFailures('demo')).toEqual({
      invalid_merge: 1,
      out_of_memory: 1,
      bad_score: 1,
      truncated_results: 1,
    });
    expect(fixture.ledger.getTrial('demo', '3')).toMatchObject({
      failure: { class: 'bad_score', stage: 'collect' },
    });
    expect(fixture.ledger.getTrial('demo', '3')?.fitness).toBeUndefined();
  });

  it('refuses scores that a database or a sum could not hold', async () => {
    await start({ maxTrials: 40 });
    const { trials } = await fixture.pastBaselines(8);
    const tampered = trials.map((trial, index) => {
      const outcome = structuredClone(complete(trial));
      if (outcome.status !== 'complete') throw new Error('it is complete');
      const score = outcome.result.report.scores[0] as unknown as Record<string, unknown>;
      Object.assign(
        score,
        [
          { value: null },
          { value: 1e301 },
          { value: '0.5' },
          { stderr: null },
          { stderr: -1 },
          { documents: 0 },
          { metric: 'acc,none' },
          { task: 'rev' },
        ][index],
      );
      return outcome;
    });
    for (const outcome of tampered) await fixture.tellAsk([outcome], 0);
    expect(
      trials.map(({ trial }) => fixture.ledger.getTrial('demo', trial)?.failure?.class),
    ).toEqual([
      'bad_score',
      'bad_score',
      'bad_score',
      'bad_score',
      'bad_score',
      'truncated_results',
      'truncated_results',
      'truncated_results',
    ]);
    expect(fixture.ledger.listScores('demo').some(({ trial }) => !trial.startsWith('b'))).toBe(
      false,
    );
  });

  it("refuses per-document values that can't be unpacked, and keeps those that can", async () => {
    await start();
    const { trials } = await fixture.pastBaselines(2);
    const documents = packDocuments({
      task: 'shift',
      metric: 'exact_match,none',
      documentIds: [0, 1, 2],
      values: [1, 0, 1],
      documentsHash: 'ab'.repeat(32),
    });
    const outcomes = [documents, { ...documents, values: '!' }].map((entry, index) => {
      const outcome = complete(trials[index]!);
      if (outcome.status !== 'complete') throw new Error('it is complete');
      const scores = outcome.result.report.scores.map((score) => ({ ...score, documents: 3 }));
      const report = { ...outcome.result.report, scores, documents: [entry] };
      return { ...outcome, result: { ...outcome.result, report } };
    });
    await fixture.tellAsk(outcomes, 0);
    expect(fixture.ledger.listDocuments('demo', '1')).toEqual([
      { trial: '1', split: 'search', ...documents },
    ]);
    expect(fixture.ledger.getTrial('demo', '2')?.failure?.class).toBe('truncated_results');
    expect(fixture.ledger.listScores('demo', '2')).toEqual([]);
  });

  it('says how far the sweep is', async () => {
    await start();
    expect((await fixture.tellAsk([], 0)).summary).toBe('0/6');
    const { trials } = await fixture.pastBaselines(2);
    const reply = await fixture.tellAsk([complete(trials[0]!, 0.5)], 0);
    expect(reply.summary).toBe('1/6 best 0.500');
  });
});

describe('a pause', () => {
  it('comes at once for a failure of the whole sweep, and the trial runs again afterwards', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(2);
    const reply = await fixture.tellAsk([failed(trials[0]!, 'tool_missing')], 1);
    expect(reply).toMatchObject({
      state: 'paused',
      reason: 'trial 1: it was tool_missing',
      trials: [],
      releases: [],
    });
    expect(await fixture.tellAsk([complete(trials[1]!)], 1)).toMatchObject({
      state: 'paused',
      trials: [],
    });
    expect(events()).toEqual(['foreign b1', 'ask 1', 'ask 2', 'tell 2']);
    expect((await fixture.open()).state).toBe('running');
    const again = await fixture.tellAsk([], 2);
    expect(ids(again)).toEqual(['1', '3']);
    expect(again.trials[0]).toEqual(trials[0]);
    await fixture.tellAsk([complete(again.trials[0]!)], 0);
    expect(events().slice(4)).toEqual(['ask 3', 'tell 1']);
    expect(fixture.ledger.countFailures('demo')).toEqual({ tool_missing: 1 });
  });

  it('comes after eight failures of one class in a row, not after seven or mixed ones', async () => {
    await start({ maxTrials: 40 });
    const { trials } = await fixture.pastBaselines(23);
    const classes = [
      ...Array<'hang'>(7).fill('hang'),
      'crash',
      ...Array<'hang'>(7).fill('hang'),
    ] as const;
    let next = 0;
    for (const failureClass of classes) {
      const reply = await fixture.tellAsk([failed(trials[next++]!, failureClass)], 0);
      expect(reply.state).toBe('running');
    }
    expect(await fixture.tellAsk([failed(trials[next++]!, 'hang')], 1)).toMatchObject({
      state: 'paused',
      reason: '8 trials in a row failed with hang, the last one (16): it was hang',
      trials: [],
    });
    await fixture.open();
    // The count starts anew, and what failed by itself stays failed.
    const reply = await fixture.tellAsk([failed(trials[next]!, 'hang')], 1);
    expect([reply.state, ids(reply)]).toEqual(['running', ['24']]);
  });

  it('stays a pause while its own workflow asks what is in flight', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk([failed(trials[0]!, 'configuration')], 0);
    const reply = await fixture.open(true);
    expect([reply.state, idsOf(reply.pending)]).toEqual(['paused', ['2']]);
    expect(states()['1']).toBe('failed');
  });

  it('by the user keeps cancelled trials for the next run, under their numbers', async () => {
    await start({ maxTrials: 2, hasConfirm: false });
    const { trials } = await fixture.pastBaselines(2);
    await fixture.tellAsk([complete(trials[0]!), cancelled(trials[1]!)], 0);
    expect(fixture.ledger.getSweep('demo')).toMatchObject({
      state: 'paused',
      reason: 'trials were cancelled; run the sweep again to go on with them',
    });
    fixture.restart();
    await fixture.open();
    const again = await fixture.tellAsk([], 5);
    expect(again.trials).toEqual([trials[1]]);
  });

  it('is recorded by finishSweep with its reason, and does not undo an end', async () => {
    await start({ maxTrials: 1, hasConfirm: false });
    const { activities, names } = fixture;
    expect(await activities.finishSweep({ ...names, pause: 'stopped by the user' })).toEqual({
      sweep: 'demo',
      state: 'paused',
      reason: 'stopped by the user',
      trialsProposed: 0,
    });
    await fixture.open();
    await fixture.runToEnd();
    const finished = { sweep: 'demo', state: 'finished', trialsProposed: 1, bestTrial: '1' };
    expect(await activities.finishSweep(names)).toEqual(finished);
    expect(await activities.finishSweep({ ...names, pause: 'late' })).toEqual(finished);
  });
});

describe('checkpoints', () => {
  it('go when their trial has ended, whatever its end', async () => {
    await start();
    const { trials } = await fixture.pastBaselines(2);
    const { releases } = await fixture.tellAsk(
      [complete(trials[0]!), failed(trials[1]!, 'hang', 'node-2')],
      0,
    );
    expect(releases).toEqual([
      { trial: '1', node: 'node-1', workKey: trials[0]?.workKey, keep: false },
      { trial: '2', node: 'node-2', workKey: trials[1]?.workKey, keep: false },
    ]);
  });

  it('of the best stay until better ones displace them', async () => {
    await start({ keepModels: 1 });
    const { trials } = await fixture.pastBaselines(3);
    const release = async (index: number, score: number) =>
      (await fixture.tellAsk([complete(trials[index]!, score)], 0)).releases.map(
        ({ trial, keep }) => `${trial} ${keep ? 'keep' : 'drop'}`,
      );
    expect(await release(0, 0.5)).toEqual(['1 keep']);
    expect(await release(1, 0.4)).toEqual(['2 drop']);
    expect(await release(2, 0.6)).toEqual(['3 keep', '1 drop']);
  });

  it('that were never written are not released', async () => {
    await start({ keepModels: 1 });
    const { trials } = await fixture.pastBaselines(2);
    for (const [index, score] of [0.5, 0.6].entries()) {
      const outcome = complete(trials[index]!, score, { isOnDisk: false });
      expect((await fixture.tellAsk([outcome], 0)).releases).toEqual([]);
    }
  });

  it('of a second completion on another node go, the kept one stays', async () => {
    await start({ keepModels: 1 });
    const { trials } = await fixture.pastBaselines(1);
    await fixture.tellAsk([complete(trials[0]!)], 0);
    const { releases } = await fixture.tellAsk(
      [complete(trials[0]!, undefined, { node: 'n2' })],
      0,
    );
    expect(releases).toMatchObject([{ trial: '1', node: 'n2', keep: false }]);
  });
});
