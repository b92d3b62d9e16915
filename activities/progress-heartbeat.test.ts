import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrialProgress } from './contracts.js';
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

describe('what heartbeats tell of attempts before', () => {
  const failure = { class: 'crash', reason: 'it broke', stage: 'merge', attempt: 1 } as const;

  it('is not longer than ten failures, and loses none of their card-seconds', () => {
    const heartbeat = new ProgressHeartbeat('n', () => undefined);
    heartbeat.stop();
    for (let attempt = 1; attempt <= 13; attempt += 1)
      heartbeat.noteFailure({ ...failure, attempt, gpuSeconds: attempt });
    expect(heartbeat.failures.map(({ attempt }) => attempt)).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(heartbeat.failures[0]?.gpuSeconds).toBe(1 + 2 + 3 + 4);
  });

  it('counts card-seconds once: in the failure that tells them, or as those of now', () => {
    let held = 0;
    const beats: TrialProgress[] = [];
    const countGpuSeconds = (): number => held;
    const heartbeat = new ProgressHeartbeat('n', (beat) => beats.push(beat), { countGpuSeconds });
    heartbeat.stop();
    held = 7;
    expect(heartbeat.gpuSeconds).toBe(7);
    heartbeat.noteFailure({ ...failure, gpuSeconds: 7 });
    held = 9;
    heartbeat.enter('merge');
    expect(beats.at(-1)).toMatchObject({ gpuSeconds: 2, failures: [{ gpuSeconds: 7 }] });
  });
});
