import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { marginOf } from './margin.js';
import { parseSamples } from './samples.js';

const recorded = readFileSync(
  new URL('../../test/fixtures/lm-eval/samples_zoo_third_dev.jsonl', import.meta.url),
  'utf8',
);

test('the margin of a recorded sample is right − best other, and its sign is that of acc', () => {
  const file = [{ task: 't', text: recorded }];
  const margins = parseSamples(file, 't', 'margin,none')?.values ?? [];
  const accuracies = parseSamples(file, 't', 'acc,none')?.values ?? [];
  expect(margins[0]).toBeCloseTo(-0.9859552383422852 + 2.4141016006469727, 12);
  expect(margins.map((margin) => (margin > 0 ? 1 : 0))).toEqual(accuracies);
});

test('what is no choice among several has no margin', () => {
  expect(marginOf({ target: 'abc', filtered_resps: ['abc'] })).toBeUndefined();
  expect(marginOf({ target: '0', filtered_resps: [['-1', 'True']] })).toBeUndefined();
  expect(
    marginOf({
      target: '7',
      filtered_resps: [
        ['-1', 'True'],
        ['-2', 'False'],
      ],
    }),
  ).toBeUndefined();
  expect(
    marginOf({
      target: '0',
      filtered_resps: [
        ['x', 'True'],
        ['-2', 'False'],
      ],
    }),
  ).toBeNaN();
});

test.each([[''], [' '], [null], [true], [[[]]], [{}]])(
  'a log-likelihood of %j is no number, and never 0',
  (logged) => {
    const choices = [
      ['-1', 'True'],
      [logged, 'False'],
      ['-3', 'False'],
    ];
    expect(marginOf({ target: '0', filtered_resps: choices })).toBeNaN();
    expect(marginOf({ target: '1', filtered_resps: choices })).toBeNaN();
  },
);
