/** deploy/slurm with stand-ins of Slurm, Temporal and mergesweep, on one node: what is kept, and who is told. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const folder = fileURLToPath(new URL('../../deploy/slurm/', import.meta.url));

/** `run` finds `hold` and waits for SIGTERM, else ends at once. A ledger is the text of its runs. */
const fakeNode = `
say() { echo "$*" >>"$HOME/calls"; }
results() { while [ "$1" != --results ]; do shift; done; echo "$2"; }
verb=$2
[ "$verb" != worker ] || trap 'say "worker ended"; exit 0' TERM
say "$verb"
case $verb in
  worker) sleep 600 & wait ;;
  recover) cp "$(results "$@")/recovery.jsonl" "$(results "$@")/ledger.sqlite" ;;
  run)
    dir=$(results "$@")
    echo "run" >>"$dir/ledger.sqlite"
    cp "$dir/ledger.sqlite" "$dir/recovery.jsonl"
    mkdir -p "$dir/.temporal" "$dir/mine"
    [ ! -e "$HOME/torn" ] || echo x >"$dir/ledger.sqlite-wal"
    [ -e "$HOME/hold" ] || exit 0
    trap 'say "run ended"; exit 130' TERM
    say "run holds"
    sleep 600 & wait ;;
esac
`;

let path: string;
let keep: string;
const jobs: ChildProcess[] = [];
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mergesweep-slurm-'));
  keep = join(path, 'kept');
  const programs = {
    node: fakeNode,
    srun: 'while :; do case $1 in -*) shift ;; *) exec "$@" ;; esac; done',
    scontrol: 'echo n1',
    temporal: '[ "$1" != server ] || exec sleep 600',
  };
  mkdirSync(join(path, 'bin'));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(path, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(path, 'bin', name), 0o755);
  }
  mkdirSync(join(path, 'scratch'));
});
afterEach(() => {
  // Each job leads a group.
  for (const { pid } of jobs.splice(0))
    if (pid !== undefined) spawnSync('kill', ['-KILL', '--', `-${pid}`]);
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

function submit(script: string, ...words: readonly string[]) {
  const child = spawn('bash', [join(folder, script), ...words], {
    detached: true,
    env: {
      ...{ PATH: `${path}/bin:${process.env['PATH'] ?? ''}`, HOME: path },
      ...{ SLURM_SUBMIT_DIR: path, SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n1' },
      ...{ SLURM_TMPDIR: join(path, 'scratch'), KEEP: keep },
      MERGESWEEP_TEMPORAL_CLI: join(path, 'bin', 'temporal'),
    },
  });
  jobs.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const end = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, end, output: () => output };
}

const calls = (): string[] =>
  existsSync(join(path, 'calls'))
    ? readFileSync(join(path, 'calls'), 'utf8').split('\n').filter(Boolean)
    : [];
const untilCalled = (call: string): Promise<void> =>
  vi.waitFor(
    () => {
      expect(calls()).toContain(call);
    },
    { timeout: 30_000, interval: 20 },
  );
const kept = (name: string): string => readFileSync(join(keep, name), 'utf8');
const mark = (name: string): void => {
  writeFileSync(join(path, name), '');
};

describe.skipIf(process.platform !== 'linux')('deploy/slurm/sweep.sbatch', () => {
  it('keeps what a finished sweep leaves, ends its worker, and clears the node', async () => {
    const job = submit('sweep.sbatch', 'mine.yaml');
    expect(await job.end, job.output()).toBe(0);
    expect(readdirSync(keep).sort()).toEqual([
      'job.lock',
      'ledger.sqlite',
      'mine',
      'recovery.jsonl',
    ]);
    expect(calls().sort()).toEqual(['run', 'worker', 'worker ended']);
    expect(readdirSync(join(path, 'scratch'))).toEqual([]);
  });

  it('ends at the signal before the time limit, and the next job goes on with its ledger', async () => {
    mark('hold');
    const first = submit('sweep.sbatch', 'mine.yaml');
    await untilCalled('run holds');
    first.child.kill('SIGTERM');
    expect(await first.end, first.output()).toBe(130);
    expect(calls()).toEqual(expect.arrayContaining(['run ended', 'worker ended']));
    expect(kept('ledger.sqlite')).toBe('run\n');
    rmSync(join(path, 'hold'));
    const next = submit('sweep.sbatch', 'mine.yaml');
    expect(await next.end, next.output()).toBe(0);
    expect(kept('ledger.sqlite')).toBe('run\nrun\n');
  });

  it('builds the ledger from the log where a job left no whole one', async () => {
    mark('torn');
    const first = submit('sweep.sbatch', 'mine.yaml');
    expect(await first.end, first.output()).toBe(0);
    expect(existsSync(join(keep, 'ledger.sqlite'))).toBe(false);
    rmSync(join(path, 'torn'));
    const next = submit('sweep.sbatch', 'mine.yaml');
    expect(await next.end, next.output()).toBe(0);
    expect(calls()).toContain('recover');
    expect(kept('ledger.sqlite')).toBe('run\nrun\n');
  });

  it('refuses a folder that another job uses', async () => {
    mark('hold');
    submit('sweep.sbatch', 'mine.yaml');
    await untilCalled('run holds');
    const second = submit('sweep.sbatch', 'mine.yaml');
    expect(await second.end).toBe(1);
    expect(second.output()).toMatch(/another job uses .*kept/);
  });
});

describe.skipIf(process.platform !== 'linux')('deploy/slurm/worker.sbatch', () => {
  it('tells its worker of the signal before the time limit', async () => {
    const job = submit('worker.sbatch', '--profile', 'prod');
    await untilCalled('worker');
    job.child.kill('SIGTERM');
    expect(await job.end, job.output()).toBe(0);
    expect(calls()).toEqual(['worker', 'worker ended']);
  });
});
