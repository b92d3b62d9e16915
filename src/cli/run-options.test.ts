import { describe, expect, it } from 'vitest';
import { wholeNumber } from './run-options.js';

describe('wholeNumber', () => {
  it.each(['0', '1.5', '-1', '1e3', '', ' 5', '11', 'x'])('refuses %j', (text) => {
    expect(() => wholeNumber(1, 10)(text)).toThrow(/whole number from 1 to 10/);
  });
  it('takes both ends', () => {
    expect([wholeNumber(1, 10)('1'), wholeNumber(1, 10)('10')]).toEqual([1, 10]);
  });
});
