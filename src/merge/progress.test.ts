import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseMergekitProgress } from './progress.js';

const recorded = readFileSync(
  new URL('../../test/fixtures/lm-eval/mergekit-stderr.txt', import.meta.url),
  'utf8',
);

test('recorded output gives progress that never falls and ends near 100', () => {
  const percents = recorded
    .split(/[\r\n]/)
    .map((line) => parseMergekitProgress(line)?.percent)
    .filter((percent) => percent !== undefined);
  expect(percents).toEqual([5, 10, 12, 98]);
});

test('a bar that counts more than its total stays at its end', () => {
  expect(parseMergekitProgress('Executing graph: 900%|#| 9/1 [')?.percent).toBe(98);
  expect(parseMergekitProgress('Executing graph:  0%|  | 0/0 [')?.percent).toBe(12);
});

test.each(['', 'Traceback (most recent call last):', 'Loading weights: 50%|#| 1/2 ['])(
  'the line %j is no progress of the merge',
  (line) => {
    expect(parseMergekitProgress(line)).toBeUndefined();
  },
);
