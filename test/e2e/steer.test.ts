/** Steering as a user does it: the built CLI, real Temporal and SQLite; fake tools, so that trials take a second. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLedgerReader } from '../../src/store/ledger.js';
import { makeSweepFolder, sweepName, type SweepFolder } from '../chaos/sweep-folder.js';

const root = process.cwd();
const bin = join(root, 'bin', 'mergesweep.js');
let parent: string;
let folder: SweepFolder;
const children: ChildProcess[] = [];

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'mergesweep-steer-'));
  folder = makeSweepFolder({
    ...{ root, path: join(parent, 'sweep'), seconds: [0.8, 1.2], heartbeatSeconds: 5 },
    plan: { mode: 'cold', seed: 3, trials: 8 },
  });
  // A trial that fails is to fail at once, not after minutes.
  const text = readFileSync(folder.sweepFile, 'utf8');
  writeFileSync(folder.sweepFile, text.replace('attempts: 10', 'attempts: 1'));
});
afterAll(async () => {
  // In order, so that no Temporal server stays.
  for (const child of children.filter(({ exitCode }) => exitCode === null)) {
    const exit = new Promise((resolve) => child.on('close', resolve));
    if (child.kill('SIGTERM')) await exit;
  }
  rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
});

function start(...words: string[]) {
  const child = spawn(process.execPath, [bin, ...words, '--results', folder.results], {
    ...{ cwd: root, env: folder.env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, exit, done: exit.then((code) => ({ code, out, err })) };
}
const run = () => start('run', folder.sweepFile, '--slots', '1');
const order = (...words: string[]) => start(...words).done;

function read<Value>(look: (reader: ReturnType<typeof openLedgerReader>) => Value): Value {
  const reader = openLedgerReader(folder.results);
  try {
    return look(reader);
  } finally {
    reader.close();
  }
}
const trials = () => read((reader) => reader.listTrials(sweepName));
const complete = () => trials().filter(({ state }) => state === 'complete').length;
const within = (ms: number) => ({ timeout: ms, interval: 100 });

/** From now on evaluations fail, or do not any more. */
function breakEvaluations(isBroken: boolean): void {
  const path = join(folder.path, 'faults.json');
  const faults = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const lmEval = isBroken ? { name: 'exit', text: 'it broke' } : faults['mergekit-yaml'];
  writeFileSync(path, JSON.stringify({ ...faults, lm_eval: lmEval }));
}

describe.skipIf(process.platform !== 'linux')('the verbs that steer', () => {
  it('hold a running sweep, let it go, extend it and fill it with a candidate', async () => {
    const running = run();
    await vi.waitFor(() => {
      expect(complete()).toBeGreaterThan(1);
    }, within(120_000));
    expect(await order('pause', sweepName)).toMatchObject({ code: 0, err: '' });
    await vi.waitFor(() => {
      expect(read((reader) => reader.getSweep(sweepName))?.isHeld).toBe(true);
      // What a baseline waits in line for is not handed out either.
      expect(trials().filter(({ node, state }) => state === 'proposed' && node)).toEqual([]);
    }, within(20_000));
    const { out: held } = await order('status', sweepName);
    expect(held).toContain('running, held');
    expect(held).toContain('pause: chaos is held');

    const at = 0.5;
    const names = ['weight', 'density'].flatMap((of) => [`${of}.spec-shift`, `${of}.spec-rev`]);
    const point = names.map((name) => `${name}=${at}`);
    expect(await order('inject', sweepName, ...point)).toMatchObject({ code: 0 });
    expect(await order('inject', sweepName, ...point.slice(1), `${names[0]}=7`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('weight.spec-shift is 7') as string,
    });
    expect(await order('extend', sweepName, '--trials', '1')).toMatchObject({
      code: 0,
      out: 'chaos may try 1 more: 9 in all.\n',
    });
    const before = trials().filter(({ kind }) => kind === 'search').length;
    expect(await order('resume', sweepName, '--detach')).toMatchObject({ code: 0 });
    await vi.waitFor(() => {
      const search = trials().filter(({ kind }) => kind === 'search');
      expect(search.length).toBeGreaterThan(before);
      expect(search[before]?.params).toEqual(Object.fromEntries(names.map((name) => [name, at])));
    }, within(60_000));

    expect(await order('cancel', sweepName)).toMatchObject({ code: 0 });
    expect(await running.exit).toBe(4);
    expect(trials().filter(({ state }) => state === 'cancelled').length).toBeGreaterThan(0);
  });

  it('retry what failed, also after the run has ended', async () => {
    // With budget left: once the finalists are confirmed nothing of the search is run again.
    expect(await order('extend', sweepName, '--trials', '30')).toMatchObject({ code: 0 });
    breakEvaluations(true);
    // Eight failures in a row pause it.
    expect(await run().exit).toBe(4);
    const failed = trials().filter(({ state }) => state === 'failed');
    breakEvaluations(false);
    const { out, err } = await order('retry', sweepName);
    expect(out).toContain(failed.map(({ trial }) => trial).join(', '));
    expect(err).toContain('npx mergesweep resume chaos');
    const again = run();
    await vi.waitFor(() => {
      const states = failed.map(({ trial }) => trials().find((row) => row.trial === trial)?.state);
      expect(states).toEqual(failed.map(() => 'complete'));
    }, within(120_000));
    again.child.kill('SIGINT');
    expect(await again.exit).toBe(130);
  });
});
