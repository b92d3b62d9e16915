/** Tools that leave daemons behind and ignore TERM, under the CLI as a user runs it: nothing outlives it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSweepFolder, type SweepFolder } from '../chaos/sweep-folder.js';

const root = process.cwd();
const bin = join(root, 'bin', 'mergesweep.js');

let path: string;
let folder: SweepFolder;
const children: ChildProcess[] = [];
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mergesweep-hostile-'));
  folder = makeSweepFolder({
    ...{ root, path, seconds: [0, 0], heartbeatSeconds: 5 },
    plan: { mode: 'cold', seed: 1, trials: 1 },
  });
  setFaults({ 'mergekit-yaml': 'hang-with-all' });
});
afterEach(() => {
  for (const pid of listOurs()) process.kill(pid, 'SIGKILL');
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

const setFaults = (faults: Record<string, string>): void => {
  writeFileSync(join(path, 'faults.json'), JSON.stringify(faults));
};

/** Processes whose environment names our folder: the CLI, Temporal, the tools and all they started. */
function listOurs(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0) || pid === process.pid) return false;
      try {
        const isZombie = readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
        return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(path);
      } catch {
        return false;
      }
    });
}

const listWork = (): number[] =>
  listOurs().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('\0MERGESWEEP_WORK=');
    } catch {
      return false;
    }
  });

function start(): { child: ChildProcess; exit: Promise<unknown> } {
  const args = [bin, 'run', folder.sweepFile, '--results', folder.results, '--slots', '1'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore', env: folder.env });
  children.push(child);
  return { child, exit: new Promise((resolve) => child.on('close', resolve)) };
}

/** Once the hostile tool has started its daemon and its grandchild. */
const untilHostile = (): Promise<void> =>
  vi.waitFor(
    () => {
      expect(existsSync(folder.calls)).toBe(true);
      // Supervisor, watcher, tool, grandchild, daemon and its sleep.
      expect(listWork().length).toBeGreaterThanOrEqual(6);
    },
    { timeout: 120_000, interval: 100 },
  );

describe.skipIf(process.platform !== 'linux')('processes of hostile tools', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('are all gone within 10 s of %s', async (signal) => {
    const { child, exit } = start();
    await untilHostile();
    const began = performance.now();
    child.kill(signal);
    await exit;
    expect(listOurs()).toEqual([]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('that a killed worker left are ended by the next before it takes work', async () => {
    const first = start();
    await untilHostile();
    const left = listWork();
    first.child.kill('SIGKILL');
    await first.exit;
    // The group dies with its worker; who made a session of its own does not.
    await vi.waitFor(() => {
      expect(listWork().length).toBeLessThan(4);
    }, 10_000);
    expect(listWork()).not.toEqual([]);
    setFaults({});
    const second = start();
    await vi.waitFor(
      () => {
        expect(listWork().filter((pid) => left.includes(pid))).toEqual([]);
      },
      { timeout: 60_000, interval: 50 },
    );
    second.child.kill('SIGTERM');
    await second.exit;
    expect(listOurs()).toEqual([]);
  });
});
