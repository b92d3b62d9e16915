import { describe, expect, it } from 'vitest';
import type { TrialFailure } from '../errors.js';
import { crash, demoSketches, demoSweep, sketchSweep, sweepRow } from '../report/ledger.fixture.js';
import { runFake } from './cli.fixture.js';

const golden = (name: string): string =>
  new URL(`../../test/golden/cli/${name}.txt`, import.meta.url).pathname;

const sweeps = [demoSweep()];
const asJson = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { out, err, exitCode } = await runFake([...words, '--json'], { sweeps });
  expect([err, exitCode]).toEqual(['', 0]);
  expect(out.endsWith('\n') && !out.trimEnd().includes('\n')).toBe(true);
  return JSON.parse(out) as Record<string, unknown>;
};

describe('text that people see', () => {
  it.each([
    ['ls', ['ls']],
    ['status', ['status']],
    ['trials', ['trials', 'demo', '--sort', '-score']],
    ['show', ['show', 'demo#2']],
    ['show-failed', ['show', 'demo#3']],
    ['best', ['best']],
    ['compare', ['compare', 'demo', 'spec-shift', 'base']],
  ])('of %s', async (name, words) => {
    const { out, err, exitCode, isClosed } = await runFake(words, { sweeps });
    expect([err, exitCode, isClosed]).toEqual(['', 0, true]);
    await expect(out).toMatchFileSnapshot(golden(name));
  });
});

describe('--json', () => {
  it.each([
    [['ls']],
    [['status']],
    [['trials']],
    [['show', 'demo#2']],
    [['show', 'demo#b2']],
    [['best']],
    [['compare', 'demo', 'base']],
  ])('of %j is one line with its version', async (words) => {
    expect(await asJson(...words)).toMatchObject({ version: 1 });
  });

  it('of status and ls tells that it is held, and status what was done to it', async () => {
    const detail = { message: 'demo is held.', trials: 2 };
    const entry = {
      kind: 'pause',
      requestId: 'r',
      detail,
      at: '2026-11-24T03:05:00.000Z',
    } as const;
    const row = sweepRow({ state: 'running', isHeld: true, maxTrials: 9 });
    const held = [{ ...sketchSweep(row, demoSketches()), journal: [entry] }];
    const { out } = await runFake(['status'], { sweeps: held });
    expect(out).toMatch(/^demo {2}running, held\n {2}trials {5}3 of 9 ended/);
    expect(out).toContain('  journal    2026-11-24 03:05 pause: demo is held.\n');
    expect(out).toContain('next  npx mergesweep resume demo\n');
    expect((await runFake(['ls'], { sweeps: held })).out).toMatch(/demo +held +3\/9/);
    const json = await runFake(['status', '--json'], { sweeps: held });
    expect(JSON.parse(json.out)).toMatchObject({
      isHeld: true,
      trials: { max: 9 },
      journal: [{ kind: 'pause', message: 'demo is held.', detail: { trials: 2 } }],
    });
  });

  it('of status has the fields that scripts read', async () => {
    expect(await asJson('status')).toMatchObject({
      name: 'demo',
      state: 'finished',
      trials: { done: 3, max: 3 },
      best: { trial: '2', score: 0.95, confirmScore: 0.9299999999999999 },
      bestParent: { name: 'spec-shift' },
      failures: { crash: 1 },
      optimizer: { sigma: 0.1834, generation: 2 },
    });
  });

  it('of a failed trial has its failure and no score', async () => {
    const trial = await asJson('show', 'demo#3');
    expect(trial).toMatchObject({ state: 'failed', failure: { class: 'crash', attempt: 3 } });
    expect(trial).not.toHaveProperty('score');
  });
});

it('show tells how the attempts before the last ended, also of a trial that was scored', async () => {
  const earlier: TrialFailure[] = [
    {
      class: 'out_of_memory',
      reason: 'lm_eval ended with exit code 1: CUDA out of memory',
      stage: 'evaluate',
      attempt: 1,
      node: 'n1',
      batchSize: 8,
      logPath: '/work/attempt-1/evaluate.log',
      logTail: 'Tried to allocate 2.00 GiB',
      isRetried: true,
    },
  ];
  const retried = sweeps.map((sweep) => ({ ...sweep, failures: { 2: earlier } }));
  const { out } = await runFake(['show', 'demo#2'], { sweeps: retried });
  expect(out).toContain(`attempts before
  out_of_memory in stage evaluate, attempt 1, batch size 8
  lm_eval ended with exit code 1: CUDA out of memory
  log on n1: /work/attempt-1/evaluate.log
  | Tried to allocate 2.00 GiB
`);
});

describe('a results folder', () => {
  it('is the flag, else the environment, else ./results', async () => {
    const folder = async (words: string[], env = {}): Promise<string | undefined> =>
      (await runFake(words, { sweeps, io: { env } })).resultsDir;
    const env = { MERGESWEEP_RESULTS: '/data' };
    expect(await folder(['ls'])).toBe('/home/me/results');
    expect(await folder(['ls'], env)).toBe('/data');
    expect(await folder(['ls', '--results', 'r'], env)).toBe('/home/me/r');
  });

  it('without a sweep is no error for ls, and one for the others', async () => {
    for (const empty of [{}, { sweeps: [] }]) {
      const ls = await runFake(['ls'], empty);
      expect(ls).toMatchObject({ out: '', exitCode: 0 });
      expect(ls.err).toContain('No sweep has been run in results yet');
      expect((await runFake(['ls', '--json'], empty)).out).toBe('{"version":1,"sweeps":[]}\n');
      expect((await runFake(['status'], empty)).exitCode).toBe(2);
    }
  });
});

describe('what is not there', () => {
  it.each([
    [['status', 'dmeo'], 'error unknown_sweep no sweep is called `dmeo`; did you mean `demo`?'],
    [['trials', 'x'], 'error unknown_sweep no sweep is called `x` (there is demo)'],
    [
      ['show', 'demo#uniforn'],
      'error unknown_trial demo has no trial `uniforn`; did you mean `uniform`?',
    ],
    [['show', 'demo'], 'error no_trial expected a trial as SWEEP#T, got the sweep `demo`'],
    [['compare', 'demo'], 'error one_model expected two models or more'],
    [['compare', 'demo', 'bsae'], 'error unknown_model `bsae` is neither'],
    [
      ['trials', '--state', 'done'],
      "error usage option '--state <state>' argument 'done' is invalid",
    ],
    [['trials', '--limit', '0'], 'error usage'],
  ])('%j is an error of usage that says what to type', async (words, message) => {
    const { out, err, exitCode } = await runFake(words, { sweeps });
    expect([out, exitCode]).toEqual(['', 2]);
    expect(err).toContain(message);
  });

  it('leaves the ledger closed', async () => {
    expect((await runFake(['show', 'demo#99'], { sweeps })).isClosed).toBe(true);
  });

  it('is a best before the first score', async () => {
    const fresh = [sketchSweep(sweepRow({ state: 'running' }), [{ id: '1' }])];
    const { err, exitCode } = await runFake(['best'], { sweeps: fresh });
    expect(exitCode).toBe(2);
    expect(err).toContain('error no_best demo has no scored search trial yet');
    const status = await runFake(['status'], { sweeps: fresh });
    expect(status.out).toContain('best       none yet');
    expect(status.out).toContain('open       #1');
  });
});

describe('trials', () => {
  const ids = async (...words: string[]): Promise<unknown[]> => {
    const { trials } = (await asJson('trials', 'demo', ...words)) as {
      trials: { trial: string }[];
    };
    return trials.map(({ trial }) => trial);
  };

  it('are filtered, sorted, and cut', async () => {
    expect(await ids('--kind', 'search')).toEqual(['1', '2', '3']);
    expect(await ids('--state', 'failed')).toEqual(['3']);
    expect(await ids('--kind', 'search', '--sort', '-score')).toEqual(['2', '1', '3']);
    expect(await ids('--kind', 'search', '--sort', 'score', '--limit', '2')).toEqual(['1', '2']);
  });

  it('that no filter fits are a message, not a table', async () => {
    const { out, err } = await runFake(['trials', '--state', 'cancelled'], { sweeps });
    expect([out, err]).toEqual(['', 'demo has no such trial.\n']);
  });
});

describe('show', () => {
  it('prints log tails without their escape sequences', async () => {
    const { out } = await runFake(['show', 'demo#3'], { sweeps });
    expect(out).toContain('| RuntimeError: boom');
    expect(out).not.toContain('\u001b');
  });

  it('says when a later run said something else', async () => {
    const sketches = demoSketches().map((sketch) =>
      sketch.id === '2' ? { ...sketch, over: { isDivergent: true } } : sketch,
    );
    const { out } = await runFake(['show', 'demo#2'], {
      sweeps: [sketchSweep(sweepRow(), sketches)],
    });
    expect(out).toContain('a later run of this trial said something else');
  });
});

describe('best --yaml', () => {
  const path = '/home/me/results/demo/best_config.yaml';

  it('is the file that the coordinator wrote, to the byte', async () => {
    const text =
      '# Best merge of the sweep demo: trial 2, seed 42, merged on cpu.\nmerge_method: x\n';
    expect((await runFake(['best', '--yaml'], { sweeps, files: { [path]: text } })).out).toBe(text);
    const facts = await runFake(['best'], { sweeps, files: { [path]: text } });
    expect(facts.out).toContain('config   results/demo/best_config.yaml');
  });

  it('is rendered anew where the file is missing or of an earlier best', async () => {
    const old = '# Best merge of the sweep demo: trial 22, seed 42, merged on cpu.\nold: true\n';
    for (const files of [{}, { [path]: old }]) {
      const { out } = await runFake(['best', '--yaml'], { sweeps, files });
      expect(out).toContain('# Best merge of the sweep demo: trial 2, seed 42');
      expect(out).toContain('\nmerge_method: dare_ties\n');
      expect(out).not.toContain('old: true');
    }
  });
});

describe('status', () => {
  it('of a paused sweep says why and how to go on', async () => {
    const paused = sweepRow({
      state: 'paused',
      reason: 'disk full',
      specPath: '/home/me/s.yaml',
      maxTrials: 9,
    });
    const { out } = await runFake(['status'], { sweeps: [sketchSweep(paused, demoSketches())] });
    expect(out).toContain('demo  paused: disk full');
    expect(out).toContain('next  npx mergesweep run s.yaml');
    const elsewhere = await runFake(['status', '--results', 'a b'], {
      sweeps: [sketchSweep(paused, demoSketches())],
    });
    expect(elsewhere.out).toContain("next  npx mergesweep run s.yaml --results 'a b'");
  });

  it('of a sweep that a cap paused names what raises it', async () => {
    const reason =
      'the cap of 1 GPU-hour leaves 20 s of a card, too little for a trial: raise budget.gpu_hours in the sweep file, or `mergesweep extend demo --gpu-hours N`';
    const sweeps = [sketchSweep(sweepRow({ state: 'paused', reason }), demoSketches())];
    const { out } = await runFake(['status'], { sweeps });
    expect(out).toContain(
      'next  npx mergesweep extend demo --gpu-hours N && npx mergesweep resume demo',
    );
  });

  it('counts failures by class', async () => {
    const sketches = [
      { id: '1', failure: crash },
      { id: '2', failure: { ...crash, class: 'hang' as const } },
      { id: '3', failure: crash },
    ];
    const { out } = await runFake(['status'], { sweeps: [sketchSweep(sweepRow(), sketches)] });
    expect(out).toContain('3 trials failed: 2 crash, 1 hang');
  });

  it('--watch prints each change once and ends with the sweep', async () => {
    const running = sketchSweep(sweepRow({ state: 'running' }), demoSketches());
    const all = [running];
    let slept = 0;
    const run = (isTty: boolean) => {
      slept = 0;
      all[0] = running;
      return runFake(['status', '--watch'], {
        sweeps: all,
        io: { isTty },
        dependencies: {
          sleep: () => {
            slept += 1;
            if (slept === 3) all[0] = demoSweep();
            return Promise.resolve();
          },
        },
      });
    };
    const piped = await run(false);
    expect(slept).toBe(3);
    expect(piped.out.match(/^demo {2}/gm)).toHaveLength(2);
    expect(piped.out).not.toContain('\u001b');
    // On a terminal the old block is erased: up by its lines, then clear.
    const lines = piped.out.split('demo  finished')[0]!.split('\n').length - 1;
    expect((await run(true)).out).toContain(`\u001b[${lines}A\u001b[0Jdemo  finished`);
  });
});
