import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CardOccupancy, parseCardProcesses, type CardOccupancyOptions } from './card-memory.js';
import { endMarked, isAlive, workVariable } from './marked-processes.js';
import { writeFakeNvidiaSmi, type FakeNvidiaSmi } from './nvidia-smi.fixture.js';

let folder: string;
let smi: FakeNvidiaSmi;
let started: ChildProcess[] = [];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mergesweep-')));
  smi = writeFakeNvidiaSmi(folder);
});
afterEach(async () => {
  await endMarked(folder);
  for (const child of started) child.kill('SIGKILL');
  started = [];
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();
const cards = ['0', '2'];
const occupancy = (more: Partial<CardOccupancyOptions> = {}) =>
  new CardOccupancy({
    workRoot: folder,
    env: { PATH: `${smi.folder}:${process.env['PATH'] ?? ''}` },
    isRunning: () => false,
    patienceMs: 60_000,
    pauseMs: 5,
    ...more,
  });

/** A process that holds memory on the card; `mark` is below the work root. */
function hold(mark?: string): number {
  const env = {
    PATH: process.env['PATH'],
    ...(mark === undefined ? {} : { [workVariable]: join(folder, mark) }),
  };
  const child = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
  started.push(child);
  const { pid = 0 } = child;
  smi.setProcesses([...started].map(({ pid: id = 0 }) => ({ pid: id, usedMib: 20_480 })));
  return pid;
}

describe.runIf(process.platform === 'linux')('CardOccupancy', () => {
  it('asks for the cards of the slot, and finds a free card free', async () => {
    const onWait = vi.fn();
    await expect(occupancy().clear(cards, signal, onWait)).resolves.toBeUndefined();
    expect(smi.calls()).toEqual([
      '--query-compute-apps=pid,used_memory --format=csv,noheader,nounits -i 0,2',
    ]);
    expect(onWait).not.toHaveBeenCalled();
  });

  it('asks nothing for a slot without a card', async () => {
    await occupancy().clear([], signal, vi.fn());
    expect(smi.calls()).toEqual([]);
  });

  it('ends what work that has ended left there, with its group, before the next begins', async () => {
    const pid = hold('r1-e');
    await expect(occupancy().clear(cards, signal, vi.fn())).resolves.toBeUndefined();
    expect(isAlive(pid)).toBe(false);
  });

  it.each(['r1-e', 'warm/slot-1'])('leaves running work alone: %s', async (mark) => {
    const pid = hold(mark);
    const isRunning = (work: string): boolean => work === mark;
    await expect(occupancy({ isRunning }).clear(cards, signal, vi.fn())).resolves.toBeUndefined();
    expect(isAlive(pid)).toBe(true);
    expect(smi.calls()).toHaveLength(1);
  });

  it('waits for the memory of a process that is not ours, and does not touch it', async () => {
    const pid = hold();
    const onWait = vi.fn((what: string) => {
      expect(isAlive(pid)).toBe(true);
      expect(what).toBe(
        `cards 0,2 not free: process ${pid} (sleep) with 20480 MiB, not of this node's running trials`,
      );
      started[0]?.kill('SIGKILL');
    });
    await expect(occupancy().clear(cards, signal, onWait)).resolves.toBeUndefined();
    expect(onWait).toHaveBeenCalled();
  });

  it('goes on beside one that stays, tells of it each time, and waits for it only once', async () => {
    const pid = hold();
    const node = occupancy({ patienceMs: 50 });
    const onWait = vi.fn();
    await expect(node.clear(cards, signal, onWait)).resolves.toContain(`process ${pid} (sleep)`);
    expect(onWait).toHaveBeenCalled();
    onWait.mockClear();
    await expect(node.clear(cards, signal, onWait)).resolves.toContain(`process ${pid} (sleep)`);
    expect(onWait).not.toHaveBeenCalled();
    expect(isAlive(pid)).toBe(true);
  });

  it('takes the marked process of another worker for not its own', async () => {
    const pid = hold('r1-e');
    const workRoot = join(folder, 'another');
    const node = occupancy({ workRoot, patienceMs: 10 });
    await expect(node.clear(cards, signal, vi.fn())).resolves.toContain(`${pid}`);
    expect(isAlive(pid)).toBe(true);
  });

  it('does not hold a trial up for ids that only another name space knows', async () => {
    smi.setScript('echo "4194303, 20480"');
    await expect(occupancy().clear(cards, signal, vi.fn())).resolves.toBeUndefined();
  });

  it('stops waiting when the trial is cancelled', async () => {
    hold();
    const abort = new AbortController();
    const clearing = occupancy().clear(cards, abort.signal, () => {
      abort.abort(new Error('cancelled'));
    });
    await expect(clearing).rejects.toThrow('cancelled');
  });

  it.each([
    ['fails', 'echo "NVIDIA-SMI has failed" >&2; exit 9'],
    ['knows no such card', 'echo "No devices were found"; exit 6'],
    ['says what is no list', 'echo "[Not Supported]"'],
  ])('takes the cards for free where nvidia-smi %s', async (_, script) => {
    smi.setScript(script);
    await expect(occupancy().clear(cards, signal, vi.fn())).resolves.toBeUndefined();
  });

  it('takes the cards for free where there is no nvidia-smi', async () => {
    smi.remove();
    const node = occupancy({ env: { PATH: smi.folder } });
    await expect(node.clear(cards, signal, vi.fn())).resolves.toBeUndefined();
  });

  it('gives up an nvidia-smi that hangs, and asks it no more', async () => {
    smi.setScript('exec sleep 600');
    const node = occupancy({ askMs: 100 });
    await expect(node.clear(cards, signal, vi.fn())).resolves.toBeUndefined();
    await expect(node.clear(cards, signal, vi.fn())).resolves.toBeUndefined();
    expect(smi.calls()).toHaveLength(1);
  });
});

describe('parseCardProcesses', () => {
  it('adds up what a process holds on several cards', () => {
    expect(parseCardProcesses('41, 1024\n42, 512\n41, 1024\n')).toEqual([
      { pid: 41, usedMib: 2048 },
      { pid: 42, usedMib: 512 },
    ]);
  });

  it('knows a process whose memory the driver does not tell', () => {
    expect(parseCardProcesses('41, [N/A]\n')).toEqual([{ pid: 41 }]);
  });
});
