import { describe, expect, it, vi } from 'vitest';
import type { Look } from './notice-command.js';
import { watchPreemption } from './preemption.js';

const none: Look = { kind: 'none' };
const failed: Look = { kind: 'failed', what: 'exit code 7' };
const notice: Look = { kind: 'notice', reason: 'terminate at 12:00' };

/** A watch whose looks find these in turn, then hang until it is closed; pauses end at once. */
function watch(looks: readonly Look[]) {
  const left = [...looks];
  const pauses: number[] = [];
  const onWarning = vi.fn();
  const watching = watchPreemption({
    ...{ argv: ['look', '--now'], everyMs: 5_000, onWarning },
    look: (_argv, signal) => {
      const found = left.shift();
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(failed);
        });
      });
    },
    wait: (ms) => Promise.resolve(pauses.push(ms)),
  });
  return { ...watching, onWarning, pauses, left };
}

describe('watchPreemption', () => {
  it('looks until there is a notice, pauses between looks, and then looks no more', async () => {
    const { noticed, pauses, left, onWarning } = watch([none, none, notice, none]);
    expect(await noticed).toBe('terminate at 12:00');
    expect(pauses).toEqual([5_000, 5_000]);
    expect(left).toEqual([none]);
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('tells by the first look whether the notice was there before the worker', async () => {
    expect(await watch([notice]).first).toBe('terminate at 12:00');
    const late = watch([none, notice]);
    expect(await late.first).toBeUndefined();
    expect(await late.noticed).toBe('terminate at 12:00');
  });

  it('warns once of looks that fail, says the program and why, and goes on', async () => {
    const { noticed, onWarning } = watch([failed, failed, none, failed, notice]);
    expect(await noticed).toBe('terminate at 12:00');
    expect(onWarning.mock.calls).toEqual([
      [expect.stringMatching(/command look failed: exit code 7.* every 5 s/)],
    ]);
  });

  it('ends the look that runs when it is closed, without a warning or a notice', async () => {
    const { noticed, onWarning, ...watching } = watch([none]);
    const seen = vi.fn();
    void noticed.then(seen);
    await watching.close();
    expect(seen).not.toHaveBeenCalled();
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('ends a pause when it is closed', async () => {
    const watching = watchPreemption({
      ...{ argv: ['look'], everyMs: 1e9, onWarning: vi.fn() },
      look: () => Promise.resolve(none),
    });
    await watching.first;
    await watching.close();
  });
});
