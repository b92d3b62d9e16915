import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { workVariable } from './marked-processes.js';
import { runProcess, type ProcessOrder } from './processes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (script: string, more: Partial<ProcessOrder> = {}) =>
  runProcess({
    command: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    logPath: join(folder, 'log'),
    stallMs: 60_000,
    timeoutMs: 60_000,
    graceMs: 200,
    ...more,
  });

/** The id that the script wrote into a file, and whether it still lives. */
const pidIn = (name: string): number => Number(readFileSync(join(folder, name), 'utf8'));
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

test('arguments reach the program as they are, past any shell', async () => {
  const args = [
    '-c',
    'for a; do printf "<%s>" "$a"; done',
    'sh',
    '$(id)',
    "it's",
    '-x',
    'a\nb',
    '',
  ];
  await run('', { args });
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe("<$(id)><it's><-x><a\nb><>");
});

test('only the given environment reaches the program', async () => {
  process.env['MERGESWEEP_TEST_SECRET'] = 'leaked';
  try {
    const result = await run('env');
    expect(result.tail).toMatch(/^PATH=/m);
    expect(result.tail).not.toContain('leaked');
  } finally {
    delete process.env['MERGESWEEP_TEST_SECRET'];
  }
});

test('a failing program is a result with its exit code and its last words', async () => {
  const result = await run('echo first; echo last >&2; exit 3');
  expect(result).toMatchObject({ exitCode: 3, timedOut: false, stalled: false, cancelled: false });
  expect(result.tail).toContain('last');
});

test('a program killed by another shows the signal', async () => {
  const result = await run('kill -KILL $$');
  expect(result).toMatchObject({ signal: 'SIGKILL', timedOut: false });
  expect(result).not.toHaveProperty('exitCode');
});

test('a grandchild that outlives its parent is killed after a normal exit', async () => {
  const result = await run('sleep 600 & echo $! > pid; echo done');
  expect(result.exitCode).toBe(0);
  await vi.waitFor(() => {
    expect(isAlive(pidIn('pid'))).toBe(false);
  });
});

test.runIf(process.platform === 'linux')(
  'a daemon that left the group and holds the output is found by its mark',
  async () => {
    const env = { PATH: process.env['PATH'] ?? '', [workVariable]: join(folder, 'work') };
    const daemon = `setsid sh -c 'echo $$ > pid; trap "" TERM HUP; sleep 600; sleep 600' &`;
    const script = `${daemon} while [ ! -s pid ]; do sleep 0.02; done; echo done`;
    const result = await run(script, { env });
    expect(result).toMatchObject({ exitCode: 0, tail: 'done' });
    expect(isAlive(pidIn('pid'))).toBe(false);
  },
);

test('a time-out ends the group with TERM first', async () => {
  const result = await run('trap "echo soft; exit 5" TERM; sleep 600 & wait', { timeoutMs: 150 });
  expect(result).toMatchObject({ exitCode: 5, timedOut: true });
  expect(result.tail).toBe('soft');
});

test('who ignores TERM is killed after the grace', async () => {
  const result = await run('trap "" TERM; echo $$ > pid; sleep 600; sleep 600', { timeoutMs: 150 });
  expect(result).toMatchObject({ signal: 'SIGKILL', timedOut: true });
  await vi.waitFor(() => {
    expect(isAlive(pidIn('pid'))).toBe(false);
  });
});

test('silence without CPU time is a stall', async () => {
  expect(await run('sleep 600', { stallMs: 150 })).toMatchObject({ stalled: true });
});

test.runIf(process.platform === 'linux')('silent work is no stall', async () => {
  const result = await run('while :; do :; done', { stallMs: 500, timeoutMs: 1500 });
  expect(result).toMatchObject({ stalled: false, timedOut: true });
  expect(result.cpuMs).toBeGreaterThan(50);
});

test.runIf(process.platform === 'linux')(
  'work whose bar stands still is a stall, however busy it is and whatever it prints',
  async () => {
    const bar = 'printf "a:  50%%|##  | 1/2 [\\r"';
    const limits = { stallMs: 100, timeoutMs: 20_000 };
    // A line counts once the next one begins, as tqdm draws them.
    const busy = await run(`${bar}; sleep 0.05; ${bar}; while :; do :; done`, limits);
    expect(busy).toMatchObject({ stalled: true, timedOut: false });
    const talking = await run(
      `${bar}; while :; do echo retrying; ${bar}; sleep 0.02; done`,
      limits,
    );
    expect(talking).toMatchObject({ stalled: true, timedOut: false });
  },
);

test('a bar that moves is progress', async () => {
  const step = 'printf "a:  50%%|##  | $i/9 [\\r"; sleep 0.1';
  const result = await run(`for i in 1 2 3 4 5 6 7 8 9; do ${step}; done`, { stallMs: 200 });
  expect(result).toMatchObject({ exitCode: 0, stalled: false });
});

test('an abort cancels, and an aborted signal starts nothing', async () => {
  const abort = new AbortController();
  const running = run('echo $$ > pid; echo up; exec sleep 600', {
    signal: abort.signal,
    onLine: () => {
      abort.abort();
    },
  });
  expect(await running).toMatchObject({ cancelled: true });
  expect(isAlive(pidIn('pid'))).toBe(false);
  expect(await run('touch started', { signal: abort.signal })).toMatchObject({ cancelled: true });
  expect(existsSync(join(folder, 'started'))).toBe(false);
});

test('progress bars come as lines, and the tail keeps only what stays on the screen', async () => {
  const lines: string[] = [];
  const result = await run('printf "a 1%%|\\ra 2%%|\\rend\\nlast"', {
    onLine: (line) => lines.push(line),
  });
  expect(lines).toEqual(['a 1%|', 'a 2%|', 'end', 'last']);
  expect(result.tail).toBe('end\nlast');
});

test('a flood of output leaves a log within its cap that has both ends', async () => {
  const result = await run('echo first; yes 0123456789 | head -c 3000000; echo; echo last', {
    logCapBytes: 256 * 1024,
  });
  const log = readFileSync(join(folder, 'log'), 'utf8');
  expect(statSync(join(folder, 'log')).size).toBeLessThan(300 * 1024);
  expect(log.startsWith('first\n')).toBe(true);
  expect(log.endsWith('last\n')).toBe(true);
  expect(log).toMatch(/mergesweep left out \d+ bytes/);
  expect(result.tail.length).toBeLessThanOrEqual(4096);
  expect(existsSync(join(folder, 'log.tail1'))).toBe(false);
});

test('a secret of the environment is in neither log nor tail', async () => {
  const secret = 'canary-0123456789';
  const result = await run('echo "token $HF_TOKEN refused"; echo hf_ABCDEFGHIJKLMNOPQRSTUVWX', {
    env: { PATH: process.env['PATH'] ?? '', HF_TOKEN: secret },
  });
  const log = readFileSync(join(folder, 'log'), 'utf8');
  expect(result.tail).toBe('token [secret] refused\n[secret]');
  expect(log).not.toMatch(/canary|hf_/);
});

test('a working directory that is not there is an error that names it', async () => {
  await expect(run('true', { cwd: '/nowhere' })).rejects.toThrow(
    'Expected /bin/sh to start in /nowhere',
  );
});

test.runIf(process.platform === 'linux')(
  'kill -9 of our process leaves neither child nor grandchild',
  async () => {
    const script = `sleep 600 & echo $! > ${folder}/grandchild; echo $$ > ${folder}/child; wait`;
    const runner = fileURLToPath(new URL('../../test/fixtures/run-process.ts', import.meta.url));
    const args = ['--import', 'tsx', runner, join(folder, 'log'), '/bin/sh', '-c', script];
    const parent = execa(process.execPath, args, { reject: false });
    await vi.waitFor(
      () => {
        expect(pidIn('child')).toBeGreaterThan(0);
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(isAlive(pidIn('grandchild'))).toBe(true);
    parent.kill('SIGKILL');
    await parent;
    await vi.waitFor(
      () => {
        expect([isAlive(pidIn('child')), isAlive(pidIn('grandchild'))]).toEqual([false, false]);
      },
      { timeout: 5000 },
    );
  },
  30_000,
);
