import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endMarked, workVariable } from './marked-processes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterEach(async () => {
  await endMarked(folder);
  rmSync(folder, { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The ids that a script wrote into `pids`, once there are as many as expected. */
const pidsOf = (count: number): Promise<number[]> =>
  vi.waitFor(
    () => {
      const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
      expect(pids).toHaveLength(count);
      return pids;
    },
    { timeout: 20_000, interval: 20 },
  );

const start = (script: string, mark: string) =>
  spawn('/bin/sh', ['-c', script], {
    cwd: folder,
    env: { PATH: process.env['PATH'], [workVariable]: mark },
    detached: true,
    stdio: 'ignore',
  });

describe.runIf(process.platform === 'linux')('the mark of a process', () => {
  it('finds children, grandchildren, daemons of their own session, and those that ignore TERM', async () => {
    start(
      `echo $$ >> pids
       sh -c 'echo $$ >> pids; trap "" TERM; sleep 600; sleep 600' &
       setsid sh -c 'echo $$ >> pids; trap "" TERM HUP; sleep 600; sleep 600' &
       wait`,
      join(folder, 'work'),
    );
    const pids = await pidsOf(3);
    expect(await endMarked(folder)).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('is of one piece of work: others whose key begins alike live on', async () => {
    const other = start('sleep 600', join(folder, 'work-2'));
    const own = start('sleep 600', join(folder, 'work'));
    await endMarked(join(folder, 'work'));
    expect([own.pid, other.pid].map((pid) => isAlive(pid ?? 0))).toEqual([false, true]);
  });

  it('outlives a worker that was killed: the next one ends what left the group', async () => {
    const script = `${folder}/script`;
    const runner = fileURLToPath(new URL('../../test/fixtures/run-process.ts', import.meta.url));
    const daemon = `setsid sh -c 'echo $$ >> ${folder}/pids; sleep 600' & echo $$ >> ${folder}/pids; wait`;
    const args = ['--import', 'tsx', runner, script, '/bin/sh', '-c', daemon];
    const env = { ...process.env, [workVariable]: join(folder, 'work') };
    const worker = spawn(process.execPath, args, { env, stdio: 'ignore' });
    const pids = await pidsOf(2);
    const ended = new Promise((resolve) => worker.on('exit', resolve));
    worker.kill('SIGKILL');
    await ended;
    // The watcher ends the group; the daemon is what is left for the start of the next worker.
    await vi.waitFor(
      () => {
        expect(pids.filter(isAlive)).toHaveLength(1);
      },
      { timeout: 5000 },
    );
    expect(await endMarked(folder)).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 30_000);
});
