import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { catchInterrupt } from './interrupt.js';

const fakeProcess = () => new EventEmitter() as unknown as NodeJS.Process;

describe('catchInterrupt', () => {
  it('asks to end at the first signal and insists at the second, whichever they are', () => {
    const target = fakeProcess();
    const insist = vi.fn();
    const { signal } = catchInterrupt(insist, target);
    target.emit('SIGTERM');
    expect(signal.aborted).toBe(true);
    expect(insist).not.toHaveBeenCalled();
    target.emit('SIGINT');
    expect(insist).toHaveBeenCalledTimes(1);
  });

  it('gives the signals back', () => {
    const target = fakeProcess();
    catchInterrupt(vi.fn(), target).dispose();
    expect(target.listenerCount('SIGINT') + target.listenerCount('SIGTERM')).toBe(0);
  });
});
