import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressSigns } from './progress-signs.js';

describe('a sign of progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const signsOf = (...lines: string[]): boolean[] => {
    const signs = new ProgressSigns();
    return lines.map((line) => {
      const before = signs.lastAt;
      vi.advanceTimersByTime(1000);
      signs.read(line);
      return signs.lastAt !== before;
    });
  };

  it.each([
    ['a bar that moves', ['a:  10%|#   | 1/10 [00:01', 'a:  20%|##  | 2/10 [00:02'], [true, true]],
    [
      'the bars of mergekit, lm-eval and vLLM',
      [
        'Executing graph:  83%|####  | 124/149 [00:00<00:00, 1203.84it/s]',
        'Running generate_until requests:  50%|##  | 4/8 [',
        'Processed prompts:  12%|█▏ | 12/96 [00:03<00:20,  4.12it/s, est. speed input: 1 toks/s]',
        'model-00001.safetensors:   3%|▎         | 157M/4.98G [00:01<00:41, 116MB/s]',
      ],
      [true, true, true, true],
    ],
  ])('is %s', (_, lines, expected) => {
    expect(signsOf(...lines)).toEqual(expected);
  });

  it.each([
    ['a bar that is drawn again', ['a:  10%|#   | 1/10 [00:01', 'a:  10%|#   | 1/10 [00:09'], true],
    ['a line that is no bar', ['WARNING retry 1', 'WARNING retry 2'], false],
  ])('is not %s', (_, [first = '', second = ''], isFirstOne) => {
    expect(signsOf(first, second)).toEqual([isFirstOne, false]);
  });
});
