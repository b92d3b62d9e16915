import { describe, expect, it } from 'vitest';
import { goOnCommand } from './run.js';
import { wholeNumber } from './run-options.js';

describe('goOnCommand', () => {
  it('repeats what says which sweep and where', () => {
    expect(goOnCommand('sweeps/demo.yaml', { worker: true })).toBe(
      'npx mergesweep run sweeps/demo.yaml',
    );
    expect(
      goOnCommand('my sweep.yaml', {
        ...{ worker: false, results: "o'neill", seed: 0, maxTrials: 3, json: true, detach: true },
        ...{ address: 'temporal.lan:7233', insecurePlaintext: true },
      }),
    ).toBe(
      "npx mergesweep run 'my sweep.yaml' --results 'o'\\''neill' --max-trials 3 --seed 0 " +
        '--address temporal.lan:7233 --insecure-plaintext --no-worker',
    );
  });
});

describe('wholeNumber', () => {
  it.each(['0', '1.5', '-1', '1e3', '', ' 5', '11', 'x'])('refuses %j', (text) => {
    expect(() => wholeNumber(1, 10)(text)).toThrow(/whole number from 1 to 10/);
  });
  it('takes both ends', () => {
    expect([wholeNumber(1, 10)('1'), wholeNumber(1, 10)('10')]).toEqual([1, 10]);
  });
});
