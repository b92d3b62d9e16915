import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressHeartbeat } from './progress-heartbeat.js';

describe('ProgressHeartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['every 5 s by itself', undefined, 1 + 6],
    ['every 5 s where no time-out is set', 0, 1 + 6],
    ['every 5 s under a long time-out', 30_000, 1 + 6],
    ['thrice within a short time-out', 3_000, 1 + 30],
  ])('beats %s', (_, timeoutMs, beats) => {
    const send = vi.fn();
    const heartbeat = new ProgressHeartbeat('n', send, { timeoutMs });
    vi.advanceTimersByTime(30_000);
    heartbeat.stop();
    vi.advanceTimersByTime(30_000);
    expect(send).toHaveBeenCalledTimes(beats);
  });
});
