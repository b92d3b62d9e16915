import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime } from './duration-text.js';
import { formatDelta, formatPValue, formatScore, formatScoreWithError } from './number-text.js';
import { toPrintable, toPrintableLine } from './printable.js';

describe('numbers', () => {
  it('shows scores with four decimals and perplexities with five digits', () => {
    expect([0.5, 1, -0.25, 123.456, undefined].map(formatScore)).toEqual([
      ...['0.5000', '1.0000', '-0.2500', '123.46', '–'],
    ]);
  });

  it('adds the standard error where there is one', () => {
    expect(formatScoreWithError(0.5, 0.01)).toBe('0.5000 ± 0.0100');
    expect(formatScoreWithError(0.5)).toBe('0.5000');
    expect(formatScoreWithError(undefined, 0.1)).toBe('–');
  });

  it('shows differences with their sign, and none on a zero', () => {
    expect([0.0312, -0.007, 0, -0.00001].map(formatDelta)).toEqual([
      ...['+0.0312', '−0.0070', '0.0000', '0.0000'],
    ]);
  });

  it('never shows a p-value as zero', () => {
    expect([0.0004, 0.04, 1].map(formatPValue)).toEqual(['<0.001', '0.040', '1.000']);
  });
});

describe('times', () => {
  it.each([
    [0.04, '0.0s'],
    [9.94, '9.9s'],
    [9.97, '10s'],
    [59.4, '59s'],
    [59.6, '1m00s'],
    [3599.6, '1h00m'],
    [3900, '1h05m'],
    [90_000, '1d01h'],
    [undefined, '–'],
    [Number.NaN, '–'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('cuts a time to its minute', () => {
    expect(formatTime('2026-11-24T03:22:59.123Z')).toBe('2026-11-24 03:22');
  });
});

describe('text from tools', () => {
  it('loses its escape sequences and control characters, not its lines', () => {
    expect(toPrintable('\u001b[31mred\u001b[0m\r\n\u001b]0;title\u0007a\u0000b\tc')).toBe(
      'red\nab\tc',
    );
  });

  it('goes onto one line', () => {
    expect(toPrintableLine(' a\r\n  b\u202e ')).toBe('a b');
  });
});
