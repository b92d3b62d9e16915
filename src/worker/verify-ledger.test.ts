import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstPauseMs, verifyInBackground } from './verify-ledger.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function* steps(end: () => void): Generator<undefined, void> {
  yield;
  yield;
  end();
}

describe('verifyInBackground', () => {
  it('takes step after step, and says what it found at the end', async () => {
    const { failed } = verifyInBackground({
      verify: () =>
        steps(() => {
          throw new Error('event 3 is not what was accepted');
        }),
    });
    const seen = expect(failed).rejects.toThrow('event 3 is not what was accepted');
    await vi.runAllTimersAsync();
    await seen;
  });

  it('leaves the first seconds to the opening of the sweeps', async () => {
    const end = vi.fn();
    verifyInBackground({ verify: () => steps(end) });
    await vi.advanceTimersByTimeAsync(firstPauseMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    expect(end).not.toHaveBeenCalled();
    await vi.runAllTimersAsync();
    expect(end).toHaveBeenCalledOnce();
  });

  it('looks no further once it is stopped', async () => {
    const end = vi.fn();
    const { stop } = verifyInBackground({ verify: () => steps(end) });
    await vi.advanceTimersToNextTimerAsync();
    stop();
    await vi.runAllTimersAsync();
    expect(end).not.toHaveBeenCalled();
  });
});
