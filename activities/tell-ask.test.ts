import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { setCrashHook } from '../src/crash-points.js';
import { foldEvents } from '../src/samplers/create-sampler.js';
import { createSearchSpace } from '../src/space/search-space.js';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import { linkFormerRows } from '../src/store/chain.js';
import { withoutTriggers } from '../src/store/damage.fixture.js';
import { listEvents } from '../src/store/optimizer-log.js';
import { sha256 } from '../src/store/sha256.js';
import type { RunTrialInput, TellAskReply, TrialOutcome } from './contracts.js';
import { cancelled, complete, CoordinatorFixture, failed } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

const ends = [
  'complete',
  'complete',
  'complete',
  'nan',
  'oom',
  'invalid',
  'tool',
  'cancel',
] as const;

function end(kind: (typeof ends)[number], trial: RunTrialInput): TrialOutcome {
  switch (kind) {
    case 'complete':
      return complete(trial);
    case 'nan':
      return complete(trial, Number.NaN);
    case 'oom':
      return failed(trial, 'out_of_memory');
    case 'invalid':
      return failed(trial, 'invalid_merge');
    case 'tool':
      return failed(trial, 'tool_missing');
    case 'cancel':
      return cancelled(trial);
  }
}

interface PlayedTurn {
  readonly want: number;
  /** Which of the running trials end, and how. */
  readonly ended: readonly (readonly [number, (typeof ends)[number]])[];
  readonly isRepeated: boolean;
  readonly isRestarted: boolean;
}

const turn: fc.Arbitrary<PlayedTurn> = fc.record({
  want: fc.nat(4),
  ended: fc.array(fc.tuple(fc.nat(50), fc.constantFrom(...ends)), { maxLength: 4 }),
  isRepeated: fc.boolean(),
  isRestarted: fc.boolean(),
});

/** Plays random turns and then an honest end; returns how often each trial was handed out. */
async function play(turns: readonly PlayedTurn[]): Promise<Map<string, number>> {
  const running = new Map<string, RunTrialInput>();
  const handedOut = new Map<string, number>();
  let last: TellAskReply | undefined;
  const step = async (outcomes: TrialOutcome[], want: number, isRepeated: boolean) => {
    last = await fixture.tellAsk(outcomes, want);
    if (isRepeated) {
      fixture.nextRequest--;
      expect(await fixture.tellAsk(outcomes, want)).toEqual(last);
    }
    for (const { trial } of outcomes) running.delete(trial);
    expect(last.trials.length).toBeLessThanOrEqual(want);
    for (const trial of last.trials) {
      expect(running.has(trial.trial)).toBe(false);
      running.set(trial.trial, trial);
      handedOut.set(trial.trial, (handedOut.get(trial.trial) ?? 0) + 1);
    }
  };
  const goOn = async () => {
    const { pending } = await fixture.open();
    expect(new Set(pending.map(({ trial }) => trial))).toEqual(new Set(running.keys()));
  };
  for (const { want, ended, isRepeated, isRestarted } of turns) {
    const outcomes = new Map<string, TrialOutcome>();
    for (const [pick, kind] of ended) {
      const trial = [...running.values()][pick % Math.max(1, running.size)];
      if (trial !== undefined) outcomes.set(trial.trial, end(kind, trial));
    }
    await step([...outcomes.values()], want, isRepeated);
    if (isRestarted) fixture.restart();
    if (isRestarted || last?.state === 'paused') await goOn();
  }
  for (let rest = 0; rest < 100 && last?.state !== 'finished'; rest++) {
    if (last?.state === 'paused') await goOn();
    await step(
      [...running.values()].map((trial) => complete(trial)),
      3,
      false,
    );
  }
  expect(last?.state).toBe('finished');
  return handedOut;
}

describe('whatever nodes, pauses and restarts do', () => {
  it('exactly max_trials candidates are proposed, each ends once, and the sweep ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 12 }), async (turns) => {
        fixture = new CoordinatorFixture({ maxTrials: 7 });
        try {
          await fixture.open();
          const handedOut = await play(turns);
          const rows = fixture.ledger.listTrials('demo');
          const search = rows.filter(({ kind }) => kind === 'search');
          expect(search.map(({ trial }) => trial)).toEqual('1 2 3 4 5 6 7'.split(' '));
          expect(new Set(handedOut.keys())).toEqual(new Set(rows.map(({ trial }) => trial)));
          const events = fixture.ledger.transact((db) => listEvents(db, 'demo'));
          for (const { trial, state } of search) {
            const own = events.filter((event) => event.trial === trial).map(({ kind }) => kind);
            expect(own).toHaveLength(2);
            expect(own[0]).toBe('ask');
            expect(state === 'complete' ? ['tell'] : ['fail', 'forget']).toContain(own[1]);
          }
        } finally {
          fixture.dispose();
        }
      }),
      { numRuns: 25 },
    );
    fixture = new CoordinatorFixture();
  }, 60_000);
});

describe('the optimizer', () => {
  /** Every snapshot's hash against a fold of the events up to it. */
  function checkFolds(): number {
    const parsed = parseSweepSpec(fixture.specText, '/sweeps/demo.yaml');
    if (!parsed.ok) throw new Error('the spec is valid');
    const { spec } = parsed;
    return fixture.ledger.transact((db) => {
      const events = listEvents(db, 'demo');
      const snapshots = db.prepare('SELECT sequence, sha256 FROM snapshots').all() as {
        sequence: number;
        sha256: string;
      }[];
      for (const snapshot of snapshots) {
        const folded = foldEvents(
          spec,
          createSearchSpace(spec),
          events.slice(0, snapshot.sequence),
        );
        expect(sha256(JSON.stringify(folded.toJSON()))).toBe(snapshot.sha256);
      }
      return snapshots.length;
    });
  }

  it('is what its events make of it, after every request and every restart', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 12 });
    await fixture.open();
    await fixture.runToEnd((trial) => {
      fixture.restart();
      return Number(trial.trial) % 5 === 0 ? failed(trial, 'invalid_merge') : complete(trial);
    });
    expect(checkFolds()).toBeGreaterThan(12);
  });

  it('proposes the same candidates with and without restarts', async () => {
    const run = async (isRestarted: boolean) => {
      fixture = new CoordinatorFixture({ maxTrials: 10 });
      await fixture.open();
      await fixture.runToEnd((trial) => {
        if (isRestarted) fixture.restart();
        return complete(trial);
      });
      const vectors = fixture.ledger.listTrials('demo').map(({ vector }) => vector);
      fixture.dispose();
      return vectors;
    };
    const calm = await run(false);
    expect(await run(true)).toEqual(calm);
    fixture = new CoordinatorFixture();
  });

  it('is folded from its events where the stored state is gone', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 8 });
    await fixture.open();
    await fixture.pastBaselines(3);
    fixture.ledger.transact((db) => db.prepare('UPDATE snapshots SET state = NULL').run());
    fixture.restart();
    const { trials } = await fixture.tellAsk([], 1);
    expect(trials.map(({ trial }) => trial)).toEqual(['4']);
    expect(checkFolds()).toBeGreaterThan(1);
  });

  it.each([
    [
      'of another version',
      (state: string) => state.replace(/"version":\d+/, '"version":1'),
      'another version of the search (1; this mergesweep has 2)',
    ],
    ['whose version is gone with the state', () => null, 'an older one'],
  ])('refuses a search %s, and says what to do', async (_title, change, message) => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    await fixture.pastBaselines(1);
    fixture.ledger.transact((db) => {
      const latest = db
        .prepare('SELECT sequence, state FROM snapshots WHERE state IS NOT NULL')
        .get() as { sequence: number; state: string };
      const state = change(latest.state);
      db.prepare('UPDATE snapshots SET state = ?, sha256 = ? WHERE sequence = ?').run(
        state,
        sha256(state ?? ''),
        latest.sequence,
      );
      // As versions wrote it that told one number a trial.
      withoutTriggers(db, () => {
        if (state === null)
          db.exec("UPDATE optimizer_events SET payload = json_remove(payload, '$.tasks')");
        db.exec('DELETE FROM chain');
      });
      linkFormerRows(db);
    });
    fixture.restart();
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'ledger_other_search',
      nonRetryable: true,
      message: expect.stringContaining(message) as string,
    });
    await expect(fixture.open()).rejects.toThrow('begin it anew under another name: --name demo-2');
  });

  it('refuses to go on when its events no longer make what they made', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    await fixture.runToEnd();
    fixture.ledger.transact((db) =>
      db.prepare(`UPDATE snapshots SET sha256 = ? WHERE state IS NOT NULL`).run('0'.repeat(64)),
    );
    fixture.restart();
    await expect(fixture.tellAsk([], 1)).rejects.toMatchObject({
      type: 'ledger_state_mismatch',
      nonRetryable: true,
      message: expect.stringContaining('Going on would be another search') as string,
    });
  });
});

describe('a coordinator that dies', () => {
  it('misses no trial in trials.jsonl when the coordinator dies after its commit', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    const { trials } = await fixture.tellAsk([], 5);
    const outcomes = trials.map((trial) => complete(trial));
    setCrashHook((point) => {
      if (point === 'after commit') throw new Error('killed');
    });
    await expect(fixture.tellAsk(outcomes, 0)).rejects.toThrow();
    setCrashHook(undefined);
    fixture.restart();
    fixture.nextRequest -= 1;
    await fixture.tellAsk(outcomes, 0);
    const log = readFileSync(`${fixture.folder}/demo/trials.jsonl`, 'utf8').trim().split('\n');
    const logged = log.map((line) => (JSON.parse(line) as { trial: string }).trial);
    expect(logged.sort()).toEqual(trials.map(({ trial }) => trial).sort());
  });
});

describe('a full disk', () => {
  it('is told as such, to be tried again, and nothing is lost or told twice', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 30 });
    await fixture.open();
    const baselines = await fixture.tellAsk([], 5);
    const { trials } = await fixture.tellAsk(
      baselines.trials.map((trial) => complete(trial)),
      1,
    );
    const setLimit = (pages: string) =>
      fixture.ledger.transact((db) => db.pragma(`max_page_count = ${pages}`));
    const pages = fixture.ledger.transact((db) => db.pragma('page_count', { simple: true }));
    setLimit(String(pages));
    const request = {
      ...fixture.names,
      requestId: 9,
      outcomes: trials.map((trial) => complete(trial)),
      want: 20,
    };
    const before = fixture.ledger.listTrials('demo');
    await expect(fixture.activities.tellAsk(request)).rejects.toMatchObject({
      type: 'ledger_full',
      nonRetryable: false,
      message: expect.stringContaining('Free disk space') as string,
    });
    expect(fixture.ledger.listTrials('demo')).toEqual(before);
    setLimit('100000');
    const reply = await fixture.activities.tellAsk(request);
    expect(reply.trials).toHaveLength(20);
    expect(fixture.ledger.getTrial('demo', '1')?.state).toBe('complete');
    const events = fixture.ledger.transact((db) => listEvents(db, 'demo'));
    expect(events.filter(({ kind }) => kind === 'tell')).toHaveLength(1);
    fixture.restart();
    await fixture.tellAsk([], 0);
  });

  it('costs a file beside the ledger at most a warning', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 2 });
    await fixture.open();
    rmSync(`${fixture.folder}/demo`, { recursive: true });
    writeFileSync(`${fixture.folder}/demo`, 'no folder');
    expect((await fixture.runToEnd()).state).toBe('finished');
    expect(fixture.warnings.some((line) => line.startsWith('demo/best_config.yaml'))).toBe(true);
  });
});
