/** What died, and what one types then: the built CLI on a real Temporal server, with fake tools. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../src/cli/live/events.js';
import { findServerProcesses } from '../../src/external/temporal-process.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import { makeSweepFolder, type SweepFolder } from '../chaos/sweep-folder.js';

const root = process.cwd();
const maxTrials = 6;
let folder: SweepFolder;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = makeSweepFolder({
    ...{ root, path: mkdtempSync(join(tmpdir(), 'mergesweep-resume-')) },
    plan: { mode: 'cold', seed: 3, trials: maxTrials },
    ...{ seconds: [0.1, 0.3], heartbeatSeconds: 5 },
  });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  killServer();
  rmSync(folder.path, { recursive: true, force: true, maxRetries: 5 });
});

interface Run {
  readonly child: ChildProcess;
  readonly events: RunEvent[];
  out: string;
  err: string;
  readonly exit: Promise<number | null>;
}

function mergesweep(...words: string[]): Run {
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'mergesweep.js'), ...words, '--results', folder.results],
    { cwd: folder.path, env: folder.env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  children.push(child);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const run: Run = { child, events: [], out: '', err: '', exit };
  child.stdout.on('data', (chunk: Buffer) => {
    run.out += chunk.toString();
    const lines = run.out.split('\n').slice(0, -1);
    for (const line of lines.slice(run.events.length))
      if (words.includes('--json')) run.events.push(JSON.parse(line) as RunEvent);
  });
  child.stderr.on('data', (chunk: Buffer) => (run.err += chunk.toString()));
  return run;
}

async function finish(...words: string[]): Promise<Run & { readonly code: number | null }> {
  const run = mergesweep(...words);
  return { ...run, code: await run.exit, out: run.out, err: run.err };
}

const listServers = () => findServerProcesses(join(folder.results, '.temporal', 'temporal.db'));
function killServer(): void {
  for (const pid of listServers()) process.kill(pid, 'SIGKILL');
}

function read<Result>(work: (reader: ReturnType<typeof openLedgerReader>) => Result): Result {
  const reader = openLedgerReader(folder.results);
  try {
    return work(reader);
  } finally {
    reader.close();
  }
}
const listTrials = (sweep = 'chaos') => read((reader) => reader.listTrials(sweep));

describe.skipIf(process.platform !== 'linux')('a sweep of which everything died', () => {
  it('goes on where it was: coordinator, Temporal and ledger lost, its file edited', async () => {
    const first = mergesweep('run', folder.sweepFile, '--json', '--slots', '2');
    await vi.waitFor(
      () => {
        const ended = first.events.filter(({ event }) => event === 'trial').length;
        expect(ended, first.err).toBeGreaterThan(4);
      },
      { timeout: 120_000, interval: 20 },
    );
    first.child.kill('SIGKILL');
    await first.exit;

    // The workflow lives on at Temporal's server, with the text and the limits of before.
    const before = readFileSync(folder.sweepFile, 'utf8');
    writeFileSync(folder.sweepFile, before.replace('attempts: 10', 'attempts: 8'));
    const attached = mergesweep('resume', 'chaos', '--json', '--slots', '2');
    await vi.waitFor(
      () => {
        const ended = attached.events.filter(({ event }) => event === 'trial').length;
        expect(ended, attached.err).toBeGreaterThan(1);
      },
      { timeout: 120_000, interval: 20 },
    );
    attached.child.kill('SIGKILL');
    await attached.exit;
    const last = listTrials().findLast(({ kind }) => kind === 'search');
    expect(last?.input.maxAttempts).toBe(8);
    const kept = listTrials().filter(({ state }) => state === 'complete');
    expect(kept.length).toBeGreaterThan(4);

    const servers = listServers();
    const plan = await finish('resume', 'chaos', '--plan');
    expect(plan.code, plan.err).toBe(0);
    expect(plan.out).toContain('  reused     scored: ');
    expect(plan.out).toContain('nobody runs it');
    expect(plan.out).toContain('its database is there');
    expect(plan.out).toContain('a writer before did not end cleanly');
    expect(plan.out).toContain('no change');
    expect(plan.out).toContain('go on with  npx mergesweep resume chaos');
    // Nothing was started or changed.
    expect(listServers()).toEqual(servers);
    expect(listTrials().filter(({ state }) => state === 'complete')).toEqual(kept);

    killServer();
    rmSync(join(folder.results, '.temporal'), { recursive: true });
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(folder.results, `ledger.sqlite${suffix}`), { force: true });
    const refused = await finish('resume', 'chaos');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('error ledger_lost');
    const recovered = await finish('recover');
    expect(recovered.code, recovered.err).toBe(0);
    expect(recovered.out).toContain('whose state comes out as it was');
    const scored = listTrials().filter(({ state }) => state === 'complete');
    // The writer may have died between its last commit and the log's line.
    for (const row of scored) expect(kept).toContainEqual(row);

    const text = readFileSync(folder.sweepFile, 'utf8');
    writeFileSync(folder.sweepFile, text.replace('attempts: 8', 'attempts: 9'));
    const second = await finish('resume', 'chaos', '--json', '--slots', '2');
    expect(second.code, second.err).toBe(0);
    expect(second.err + second.out).toContain('limits.attempts: 8 → 9');
    const trials = listTrials();
    for (const row of scored) expect(trials).toContainEqual(row);
    expect(trials.filter(({ state }) => state !== 'complete')).toEqual([]);
    const search = trials.filter(({ kind }) => kind === 'search');
    expect(search.map(({ trial }) => trial)).toEqual(['1', '2', '3', '4', '5', '6']);
    const journal = read((reader) => reader.listJournal('chaos'));
    expect(journal.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['recovered', 'spec_edited']),
    );
    expect(listServers()).toEqual([]);
  });

  it('prints its result once it is finished, and refuses an edit that needs a fork', async () => {
    const again = await finish('resume', 'chaos');
    expect(again.code, again.err).toBe(0);
    expect(again.out).toContain('chaos');
    const text = readFileSync(folder.sweepFile, 'utf8');
    writeFileSync(folder.sweepFile, text.replace('seed: 3', 'seed: 4'));
    const refused = await finish('resume', 'chaos', '--plan');
    expect(refused.code).toBe(2);
    expect(refused.out).toContain('optimizer.seed: 3 → 4  (needs a fork)');
    expect(refused.err).toContain('npx mergesweep fork chaos --name chaos-2');
    writeFileSync(folder.sweepFile, text);
  });

  it('can be forked: the new one is told the scores of the old one', async () => {
    const fork = await finish('fork', 'chaos', '--name', 'next', '--json', '--slots', '2');
    expect(fork.code, fork.err).toBe(0);
    expect(fork.err).toContain('next begins with every score of chaos');
    const [first] = listTrials('next').filter(({ kind }) => kind === 'search');
    const best = read((reader) => reader.listTrials('chaos'))
      .filter(({ kind }) => kind === 'search')
      .sort((a, b) => (b.fitness ?? 0) - (a.fitness ?? 0));
    expect(best.map(({ params }) => params)).toContainEqual(first?.params);
    expect(read((reader) => reader.listJournal('next'))[0]).toMatchObject({
      ...{ kind: 'forked', detail: { from: 'chaos', told: maxTrials } },
    });
  });
});
