import { describe, expect, it } from 'vitest';
import type { CoordinatorActivities, TellAskInput } from '../../activities/contracts.js';
import type { Ledger } from '../../src/store/ledger.js';
import type { Sabotage } from './coordinator-process.js';
import { EventQueue } from './event-queue.js';
import { parseFlags } from './flags.js';
import { runSeed } from './run-seed.js';

const options = { trials: 6, mode: 'liveness' } as const;

/** Kinds of violations that the first seeds find. */
async function findWith(sabotage: Sabotage, seeds: readonly number[]): Promise<string[]> {
  const kinds: string[] = [];
  for (const seed of seeds) {
    const { violations } = await runSeed(seed, { ...options, sabotage });
    kinds.push(...violations.map(({ kind }) => kind));
  }
  return kinds;
}

/** With crashes, doubled calls and lost replies among what happens. */
const seeds = [5, 6, 8];

const wrapTellAsk = (
  tellAsk: (
    input: TellAskInput,
    real: CoordinatorActivities['tellAsk'],
  ) => ReturnType<CoordinatorActivities['tellAsk']>,
): Sabotage => ({
  activities: (real) => ({
    ...real,
    tellAsk: (input) => tellAsk(input, (given) => real.tellAsk(given)),
  }),
});

describe('a simulated sweep', () => {
  it('comes out the same, byte for byte, of the same seed', async () => {
    const traces = [];
    for (let run = 0; run < 2; run += 1) {
      const lines: string[] = [];
      await runSeed(5, { ...options, onTrace: (line) => lines.push(line) });
      traces.push(lines.join('\n'));
    }
    expect(traces[0]).not.toBe('');
    expect(traces[0]).toContain('fault: ');
    expect(traces[1]).toBe(traces[0]);
  });

  it('breaks no invariant, though the coordinator dies and the sweep is run again and again', async () => {
    let [crashes, runs] = [0, 0];
    for (const seed of seeds) {
      const result = await runSeed(seed, options);
      expect(result.violations).toEqual([]);
      expect(result.isFinished).toBe(true);
      crashes += result.crashes;
      runs += result.runs;
    }
    expect(crashes).toBeGreaterThan(seeds.length);
    expect(runs).toBeGreaterThan(seeds.length);
  });
});

describe('a bug that is planted is found', () => {
  it('an answer before the commit, of which nothing is kept', async () => {
    const forgetful = (ledger: Ledger): Ledger => {
      let count = 0;
      return {
        ...ledger,
        transact: (work) => {
          count += 1;
          if (count % 9 !== 0) return ledger.transact(work);
          const nothing = new Error('rolled back');
          let result: { readonly value: ReturnType<typeof work> } | undefined;
          try {
            ledger.transact((db) => {
              result = { value: work(db) };
              throw nothing;
            });
          } catch (error) {
            if (error !== nothing) throw error;
          }
          if (result === undefined) throw nothing;
          return result.value;
        },
      };
    };
    expect(await findWith({ ledger: forgetful }, seeds.slice(0, 1))).not.toEqual([]);
  });

  it('a repeated request that is taken for a new one', async () => {
    let count = 0;
    const forgetful = wrapTellAsk((input, real) => {
      count += 1000;
      return real({ ...input, requestId: input.requestId + count }).then((reply) => ({
        ...reply,
        requestId: input.requestId,
      }));
    });
    expect(await findWith(forgetful, seeds)).toContain('reply');
  });

  it('a score that the last one to come replaces', async () => {
    const replacing: Sabotage = {
      ledger: (ledger) => ({
        ...ledger,
        transact: (work) =>
          ledger.transact((db) => {
            const result = work(db);
            db.exec('DROP TRIGGER IF EXISTS scores_are_final');
            db.exec(
              `UPDATE scores SET value = 0.123 WHERE rowid = (SELECT min(rowid) FROM scores)
                 AND (SELECT count(*) FROM scores) > 9`,
            );
            return result;
          }),
      }),
    };
    // Where the coordinator is started again, the ledger itself tells of the damage.
    expect(await findWith(replacing, seeds.slice(0, 1))).toEqual([
      expect.stringMatching(/^(I1|I2|broken)$/),
    ]);
  });

  it('a clock in the optimizer', async () => {
    let ticks = 0;
    const ticking: Sabotage = {
      ledger: (ledger) => ({
        ...ledger,
        transact: (work) =>
          ledger.transact((db) => {
            const result = work(db);
            ticks += 1;
            db.prepare(
              `UPDATE trials SET vector = json_replace(vector, '$[0]', ?)
               WHERE state = 'proposed' AND handed_out = 1 AND trial = '3'`,
            ).run(ticks / 10_000);
            return result;
          }),
      }),
    };
    expect(await findWith(ticking, seeds.slice(0, 1))).toContain('I4');
  });

  it('one trial more than the budget', async () => {
    const generous: Sabotage = {
      ledger: (ledger) => ({
        ...ledger,
        transact: (work) =>
          ledger.transact((db) => {
            const result = work(db);
            db.prepare('UPDATE sweeps SET max_trials = ?').run(options.trials + 1);
            return result;
          }),
      }),
    };
    expect(await findWith(generous, seeds.slice(0, 1))).toContain('I3');
  });

  it('a trial that is handed out and forgotten, so that the sweep never ends', async () => {
    const losing = wrapTellAsk(async (input, real) => {
      const reply = await real(input);
      return { ...reply, trials: reply.trials.filter(({ trial }) => trial !== '4') };
    });
    const deaf: Sabotage = {
      activities: (real) => ({
        ...(losing.activities?.(real) ?? real),
        openSweep: async (input) => {
          const reply = await real.openSweep(input);
          return { ...reply, pending: reply.pending.filter(({ trial }) => trial !== '4') };
        },
      }),
    };
    const kinds = await findWith(deaf, seeds.slice(0, 1));
    expect(kinds).toContain('liveness');
  });
});

describe('EventQueue', () => {
  it('gives events by time, and those of the same time in the order in which they came', () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    for (const [at, name] of [
      [3, 'c'],
      [1, 'a'],
      [2, 'b'],
      [1, 'A'],
      [3, 'C'],
    ] as const) {
      queue.after(at, () => void seen.push(name));
    }
    for (let act = queue.take(); act !== undefined; act = queue.take()) void act();
    expect(seen.join('')).toBe('aAbcC');
    expect(queue.now).toBe(3);
  });
});

describe('parseFlags', () => {
  it('takes one seed alone as a replay, and 20 seeds from a random one by default', () => {
    expect(parseFlags(['--seed', '7'], 1)).toMatchObject({ seed: 7, seeds: 1, trials: 100 });
    expect(parseFlags([], 99)).toMatchObject({ seed: 99, seeds: 20, mode: 'both' });
    expect(parseFlags(['--seconds', '5'], 1).seeds).toBe(Infinity);
  });

  it('refuses what it does not know', () => {
    expect(() => parseFlags(['--mode', 'fast'], 1)).toThrow('expected safety, liveness or both');
    expect(() => parseFlags(['--seeds', '0'], 1)).toThrow('expected a whole number of 1 or more');
    expect(() => parseFlags(['--fast'], 1)).toThrow('--fast');
  });
});
