import { expect, it, vi } from 'vitest';
import { watchDisk } from './disk-watch.js';

it('says once that the disk is nearly full, and once that it no longer is', async () => {
  vi.useFakeTimers();
  try {
    const said: string[] = [];
    let free: number | Error = 33e6;
    const watch = watchDisk({
      ...{ folder: '/results', say: (message) => said.push(message), intervalMs: 100 },
      readFreeBytes: () => (free instanceof Error ? Promise.reject(free) : Promise.resolve(free)),
    });
    const steps: (number | Error)[] = [31e6, 0, new Error('gone'), 0, 40e6, 40e6];
    for (const step of steps) {
      free = step;
      await vi.advanceTimersByTimeAsync(100);
    }
    watch.stop();
    free = 0;
    await vi.advanceTimersByTimeAsync(500);
    expect(said).toEqual([
      expect.stringContaining('Only 31.0 MB are left on the disk of /results'),
      expect.stringContaining('There is space again'),
    ]);
  } finally {
    vi.useRealTimers();
  }
});
