/** The main job as a user runs it: the built CLI, real Temporal, mergekit, lm_eval and SQLite. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDocument } from 'yaml';
import type { RunEvent } from '../../src/cli/live/events.js';
import { openLedgerReader } from '../../src/store/ledger.js';

const root = process.cwd();
const bin = join(root, 'bin', 'mergesweep.js');
const maxTrials = 2;

let folder: string;
let results: string;
let sweepFile: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-e2e-'));
  results = join(folder, 'results');
  cpSync(join(root, 'zoo'), join(folder, 'zoo'), { recursive: true });
  const sweep = parseDocument(readFileSync(join(root, 'sweeps', 'demo.yaml'), 'utf8'));
  for (const split of ['search', 'confirm'])
    for (const index of [0, 1, 2]) sweep.setIn(['tasks', split, index, 'limit'], 20);
  sweep.setIn(['optimizer', 'max_trials'], maxTrials);
  sweepFile = join(folder, 'sweeps', 'tiny.yaml');
  sweep.setIn(['name'], 'tiny');
  cpSync(join(root, 'sweeps'), join(folder, 'sweeps'), { recursive: true });
  writeFileSync(sweepFile, sweep.toString());
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const { pid } of listOurs()) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Run {
  readonly child: ChildProcess;
  readonly events: RunEvent[];
  stderr: string;
  readonly exit: Promise<number | null>;
}

function startRun(...flags: string[]): Run {
  return startRunOf(sweepFile, ...flags);
}

function startRunOf(file: string, ...flags: string[]): Run {
  const child = spawn(
    process.execPath,
    [bin, 'run', file, '--results', results, '--json', ...flags],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: withoutTemporal(process.env) },
  );
  children.push(child);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const run: Run = { child, events: [], stderr: '', exit };
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) run.events.push(JSON.parse(line) as RunEvent);
  });
  child.stderr.on('data', (chunk: Buffer) => (run.stderr += chunk.toString()));
  return run;
}

/** A cluster that this machine's user works with is none of the test's. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(kept), TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') };
}

/** Processes that work in our folder, by command line and environment; the CLI itself included. */
function listOurs(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const env = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return command.includes(folder) || env.includes(folder) ? [{ pid, command }] : [];
      } catch {
        return [];
      }
    });
}
const listTools = () =>
  listOurs().filter(({ command }) => /mergekit-yaml|lm_eval|mergesweep_warm/.test(command));

const within = (ms: number) => ({ timeout: ms, interval: 50 });

describe.skipIf(process.platform !== 'linux')('mergesweep run', () => {
  it('is killed in the middle, goes on, and ends with the exact budget', async () => {
    const first = startRun();
    await vi.waitFor(() => {
      expect(first.events.filter(({ event }) => event === 'trial').length).toBeGreaterThan(1);
      expect(listTools()).not.toEqual([]);
    }, within(240_000));
    first.child.kill('SIGKILL');
    await first.exit;
    // No merge or evaluation outlives its worker; Temporal's server does, to be adopted.
    await vi.waitFor(() => {
      expect(listTools()).toEqual([]);
    }, within(10_000));
    const kept = readTrials().filter(({ state }) => state === 'complete');
    expect(kept.length).toBeGreaterThan(1);

    const second = startRun();
    const refused = startRun('--seed', '7');
    expect(await refused.exit).toBe(2);
    expect(refused.stderr).toContain('optimizer.seed: 42 → 7');

    expect(await second.exit, second.stderr).toBe(0);
    const trials = readTrials();
    const search = trials.filter(({ kind }) => kind === 'search');
    expect(search.map(({ trial }) => trial)).toEqual(['1', '2']);
    expect(trials.filter(({ state }) => state !== 'complete')).toEqual([]);
    expect(trials.filter(({ kind }) => kind === 'baseline')).toHaveLength(6);
    expect(trials.filter(({ kind }) => kind === 'confirm')).toHaveLength(8);
    // Nothing that was accepted before the kill was touched again.
    for (const row of kept) expect(trials).toContainEqual(row);
    const ended = second.events.flatMap((event) => (event.event === 'trial' ? event.trial : []));
    expect(ended.sort()).toEqual(
      trials
        .map(({ trial }) => trial)
        .filter((trial) => !kept.some((row) => row.trial === trial))
        .sort(),
    );
    expect(readFileSync(join(results, 'tiny', 'best_config.yaml'), 'utf8')).toContain('dare_ties');
    // Checkpoints leave the disk once they are scored.
    expect(listCheckpoints()).toEqual([]);
    await vi.waitFor(() => {
      expect(listOurs()).toEqual([]);
    }, within(10_000));
  });

  it('prints the result of a finished sweep without starting anything', async () => {
    const again = startRun();
    expect(await again.exit).toBe(0);
    expect(again.events).toEqual([]);
    expect(readTrials()).toHaveLength(16);
    expect(listOurs()).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('a race', () => {
  it('scores candidates on few documents, promotes some, and confirms one that has all', async () => {
    const race = parseDocument(readFileSync(sweepFile, 'utf8'));
    race.setIn(['name'], 'race');
    race.setIn(['optimizer', 'max_trials'], 4);
    race.setIn(['evaluation', 'mode'], 'warm');
    // The proof has its own test; here are the rungs.
    race.setIn(['evaluation', 'verify_warm'], false);
    race.setIn(['fidelity'], { strategy: 'race', rungs: [0.2, 0.5, 1] });
    const file = join(folder, 'sweeps', 'race.yaml');
    writeFileSync(file, race.toString());
    const run = startRunOf(file);
    expect(await run.exit, run.stderr).toBe(0);

    const trials = readTrials('race');
    expect(trials.filter(({ state }) => state !== 'complete')).toEqual([]);
    const search = trials.filter(({ kind }) => kind === 'search');
    // Baselines are equal work to those of the sweep before: their results were taken over.
    expect(search.map(({ mode }) => mode)).toEqual(['warm', 'warm', 'warm', 'warm']);
    expect(search.map(({ trial, rung }) => [trial, rung])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 1],
      ['4', 1],
    ]);
    expect(countDocuments('race', '1')).toEqual([4, 4, 4]);
    const whole = trials.filter(({ kind, rung }) => kind === 'promotion' && rung === undefined);
    expect(whole.length).toBeGreaterThan(0);
    expect(countDocuments('race', whole[0]?.trial ?? '')).toEqual([20, 20, 20]);
    const confirmed = trials.find(({ trial }) => trial === 'c1')?.confirms;
    expect(whole.map(({ trial }) => trial)).toContain(confirmed);
  });
});

describe.skipIf(process.platform !== 'linux')('Ctrl-C', () => {
  it('stops everything within ten seconds and prints the command that goes on', async () => {
    const run = startRun('--name', 'stopped', '--seed', '7');
    await vi.waitFor(() => {
      expect(listTools()).not.toEqual([]);
    }, within(120_000));
    const holder = startRun('--name', 'handed-over', '--seed', '8');
    await vi.waitFor(() => {
      expect(holder.stderr).toContain('runs this folder: it has taken the sweep handed-over');
    }, within(60_000));
    const start = performance.now();
    run.child.kill('SIGINT');
    expect(await run.exit).toBe(130);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(run.stderr).toMatch(/Go on with: .*mergesweep run .*--name stopped --seed 7/);
    holder.child.kill('SIGINT');
    expect(await holder.exit).toBe(130);
    expect(listOurs()).toEqual([]);
  });
});

/** Of each score of a trial. */
function countDocuments(sweep: string, trial: string): number[] {
  const reader = openLedgerReader(results);
  try {
    return reader.listScores(sweep, trial).map(({ documents }) => documents);
  } finally {
    reader.close();
  }
}

function readTrials(sweep = 'tiny') {
  const reader = openLedgerReader(results);
  try {
    return reader.listTrials(sweep);
  } finally {
    reader.close();
  }
}

function listCheckpoints(): string[] {
  return readdirSync(join(results, '.work'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith(join('checkpoint', 'DONE')),
  );
}
