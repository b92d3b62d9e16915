import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { doneMarker } from './checkpoint-manifest.js';
import { DiskLedger, type DiskLedgerOptions, type DiskOrder } from './disk-ledger.js';
import { sizeOnDisk } from './folder-size.js';

let folder: string;
let running: Set<string>;
let free: number;
let waits: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
  [running, free, waits] = [new Set(), 1000, []];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const mb = 1_000_000;
const newLedger = (more: Partial<DiskLedgerOptions> = {}): DiskLedger =>
  new DiskLedger({
    workRoot: folder,
    isRunning: (workKey) => running.has(workKey),
    countRunning: () => running.size,
    lookEveryMs: 1,
    freeBytes: () => Promise.resolve(free),
    ...more,
  });
const order = (workKey: string, bytes: number, more: Partial<DiskOrder> = {}): DiskOrder => ({
  ...{ workKey, bytes, target: join(folder, workKey, 'partial'), longestWaitMs: 60_000 },
  signal: new AbortController().signal,
  onWait: (what) => waits.push(what),
  ...more,
});

/** A merge that goes on until it is told to end. */
function hold(ledger: DiskLedger, made: DiskOrder) {
  let end = (): void => undefined;
  running.add(made.workKey);
  const held = new Promise<void>((resolve) => (end = resolve));
  const began = vi.fn();
  const done = ledger
    .during(made, () => {
      began();
      return held;
    })
    .finally(() => running.delete(made.workKey));
  done.catch(() => undefined);
  return {
    done,
    began,
    end: () => {
      end();
    },
  };
}

interface Age {
  readonly minutes: number;
}

/** A work folder with a checkpoint of a megabyte. */
function writeWork(key: string, { minutes }: Age, files: readonly string[] = ['result.json']) {
  const path = join(folder, key);
  mkdirSync(join(path, 'checkpoint'), { recursive: true });
  writeFileSync(join(path, 'checkpoint', 'model.safetensors'), Buffer.alloc(mb));
  const at = Date.now() / 1000 - minutes * 60;
  for (const name of ['inputs.json', join('checkpoint', doneMarker), ...files]) {
    writeFileSync(join(path, name), '{}');
    utimesSync(join(path, name), at, at);
  }
}
const hasCheckpoint = (key: string): boolean => existsSync(join(folder, key, 'checkpoint'));

describe('the space of a merge', () => {
  it('is not counted on by a second one, which goes on when the first has ended', async () => {
    const ledger = newLedger();
    const first = hold(ledger, order('a', 600));
    await vi.waitFor(() => {
      expect(first.began).toHaveBeenCalled();
    });
    const second = hold(ledger, order('b', 600));
    await vi.waitFor(() => {
      expect(waits.length).toBeGreaterThan(1);
    });
    expect(second.began).not.toHaveBeenCalled();
    expect(waits[0]).toBe(
      '400 B free on its disk beside what other merges may write, the merge needs 600 B',
    );
    first.end();
    await vi.waitFor(() => {
      expect(second.began).toHaveBeenCalled();
    });
    second.end();
    await second.done;
  });

  it('is given to two at once where both fit, and not twice what one has written', async () => {
    free = 10 * mb;
    const ledger = newLedger();
    const first = hold(ledger, order('a', 6 * mb));
    await vi.waitFor(() => {
      expect(first.began).toHaveBeenCalled();
    });
    mkdirSync(join(folder, 'a', 'partial'), { recursive: true });
    writeFileSync(join(folder, 'a', 'partial', 'model'), Buffer.alloc(4 * mb));
    free = 6 * mb;
    const second = hold(ledger, order('b', 3.9 * mb));
    await vi.waitFor(() => {
      expect(second.began).toHaveBeenCalled();
    });
    expect(waits).toEqual([]);
    first.end();
    second.end();
  });

  it('that no other trial could free fails at once, with figures and the way out', async () => {
    const made = hold(newLedger(), order('a', 2000));
    await expect(made.done).rejects.toMatchObject({
      failureClass: 'disk_full',
      message: `Expected 2 kB for the merge in ${folder}/a, got 1 kB free on its disk: free space on the node, lower storage.keep_models, or move its work folder.`,
    });
    expect(made.began).not.toHaveBeenCalled();
  });

  it('is not waited for by two that only wait for each other', async () => {
    const ledger = newLedger();
    const two = [hold(ledger, order('a', 2000)), hold(ledger, order('b', 2000))];
    const ends = await Promise.allSettled(two.map(({ done }) => done));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('is waited for no longer than the merge may take, and not after a cancellation', async () => {
    running.add('other');
    const late = hold(newLedger(), order('a', 2000, { longestWaitMs: 0 }));
    await expect(late.done).rejects.toMatchObject({ failureClass: 'disk_full' });
    const controller = new AbortController();
    const { signal } = controller;
    const cancelled = hold(newLedger({ lookEveryMs: 60_000 }), order('b', 2000, { signal }));
    await vi.waitFor(() => {
      expect(waits.length).toBeGreaterThan(0);
    });
    controller.abort(new Error('cancelled'));
    await expect(cancelled.done).rejects.toThrow('cancelled');
  });

  it('is not asked for where the size is not known', async () => {
    free = 0;
    await expect(newLedger().during(order('a', 0), () => Promise.resolve('made'))).resolves.toBe(
      'made',
    );
  });
});

describe('a quota', () => {
  const quotaBytes = 5 * mb;

  it('counts what lies in the folder, links once', async () => {
    writeWork('old', { minutes: 1 });
    mkdirSync(join(folder, 'link'));
    linkSync(join(folder, 'old/checkpoint/model.safetensors'), join(folder, 'link', 'model'));
    const used = await sizeOnDisk(folder);
    expect(used).toBeGreaterThanOrEqual(mb);
    expect(used).toBeLessThan(1.2 * mb);
    free = 100 * mb;
    const ledger = newLedger({ quotaBytes });
    running.add('other');
    hold(ledger, order('a', 4.5 * mb, { longestWaitMs: 60_000 }));
    await vi.waitFor(() => {
      expect(waits[0]).toMatch(/^4 MB left of the quota, the merge/);
    });
  });

  it('that is smaller than one merge is told at once, though others run', async () => {
    free = 100 * mb;
    running.add('other');
    const made = hold(newLedger({ quotaBytes }), order('a', 6 * mb));
    await expect(made.done).rejects.toThrow(
      'got 5 MB left of the quota: raise --disk-quota (now 5 MB), lower storage.keep_models, or use fewer --slots.',
    );
  });
});

describe('where space lacks', () => {
  const quotaBytes = 3.5 * mb;
  const make = (bytes: number) => {
    free = 100 * mb;
    return newLedger({ quotaBytes }).during(order('a', bytes), () => Promise.resolve());
  };

  it('checkpoints that were scored long ago go, the oldest first, and no more than it takes', async () => {
    writeWork('older', { minutes: 30 });
    writeWork('old', { minutes: 20 });
    writeWork('unscored', { minutes: 50 }, []);
    await make(1.2 * mb);
    expect(['older', 'old', 'unscored'].map(hasCheckpoint)).toEqual([false, true, true]);
  });

  it('those of trials that died go too, kept ones and those in use never', async () => {
    writeWork('kept', { minutes: 50 }, ['result.json', 'KEEP']);
    writeWork('used', { minutes: 50 }, []);
    writeWork('unscored', { minutes: 50 }, []);
    running.add('used');
    await make(1.2 * mb);
    expect(['kept', 'used', 'unscored'].map(hasCheckpoint)).toEqual([true, true, false]);
  });

  it('a young one stays: its release says whether it is kept, and is waited for', async () => {
    writeWork('young', { minutes: 1 });
    writeWork('kept', { minutes: 50 }, ['result.json', 'KEEP']);
    writeWork('kept-2', { minutes: 50 }, ['result.json', 'KEEP']);
    const made = make(1.2 * mb);
    await vi.waitFor(() => {
      expect(waits.length).toBeGreaterThan(0);
    });
    expect(hasCheckpoint('young')).toBe(true);
    rmSync(join(folder, 'young', 'checkpoint'), { recursive: true });
    await made;
  });
});
