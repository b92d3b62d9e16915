import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { catchInterrupt, catchNodeSignals } from './interrupt.js';

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

describe('catchNodeSignals', () => {
  const emit = (...names: NodeJS.Signals[]) => {
    const target = fakeProcess();
    const insist = vi.fn();
    const { draining, ending } = catchNodeSignals(insist, target);
    for (const name of names) target.emit(name);
    return [draining.aborted, ending.aborted, insist.mock.calls.length];
  };

  it('drains at the first Ctrl-C, ends at the second, and insists at the third', () => {
    expect(emit('SIGINT')).toEqual([true, false, 0]);
    expect(emit('SIGINT', 'SIGINT')).toEqual([true, true, 0]);
    expect(emit('SIGINT', 'SIGINT', 'SIGINT')).toEqual([true, true, 1]);
  });

  it('ends at once when the machine or the terminal goes, drained or not', () => {
    expect(emit('SIGTERM')).toEqual([false, true, 0]);
    expect(emit('SIGHUP')).toEqual([false, true, 0]);
    expect(emit('SIGINT', 'SIGTERM')).toEqual([true, true, 0]);
    expect(emit('SIGTERM', 'SIGINT')).toEqual([false, true, 1]);
  });

  it('gives the signals back', () => {
    const target = fakeProcess();
    catchNodeSignals(vi.fn(), target).dispose();
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    expect(names.map((name) => target.listenerCount(name))).toEqual([0, 0, 0]);
  });
});
