import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StageFailedError } from '../errors.js';
import { parseLmEvalProgress } from './progress.js';
import { parseSamples } from './samples.js';

const recorded = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/lm-eval/${name}`, import.meta.url), 'utf8');
const shift = recorded('samples_zoo_shift_dev.jsonl');
const file = (text: string, task = 't') => [{ task, text }];
const line = (id: number, value: unknown, more = {}): string =>
  JSON.stringify({ doc_id: id, doc_hash: `h${id}`, filter: 'none', acc: value, ...more });

test('recorded samples give a value per document', () => {
  const values = parseSamples(file(shift), 'zoo_shift_dev', 'exact_match,none');
  expect(values?.documentIds).toEqual([0, 1, 2, 3, 4]);
  expect(values?.values).toEqual([1, 1, 1, 1, 1]);
  expect(values?.documentsHash).toMatch(/^[0-9a-f]{64}$/);
});

test('lines are put in the order of documents, and the hash with them', () => {
  const lines = shift.trimEnd().split('\n');
  const shuffled = [...lines].reverse().join('\n');
  expect(parseSamples(file(shuffled), 'zoo_shift_dev', 'exact_match,none')).toEqual(
    parseSamples(file(shift), 'zoo_shift_dev', 'exact_match,none'),
  );
});

test('another document gives another hash', () => {
  const a = parseSamples(file(line(0, 1)), 't', 'acc,none');
  const b = parseSamples(file(line(0, 1, { doc_hash: 'other' })), 't', 'acc,none');
  expect(a?.documentsHash).not.toBe(b?.documentsHash);
});

test("a rolling log-likelihood becomes the document's own bits per byte", () => {
  const text = recorded('samples_zoo_text_dev.jsonl');
  const bits = parseSamples(file(text), 'zoo_text_dev', 'bits_per_byte,none');
  expect(bits?.values[0]).toBeCloseTo(17.058032989501953 / 23 / Math.LN2, 12);
  const words = parseSamples(file(text), 'zoo_text_dev', 'word_perplexity,none');
  expect(words?.values[0]).toBeCloseTo(Math.exp(17.058032989501953 / 6), 9);
});

test('of several filters the planned one is read', () => {
  const text = [line(0, 0), line(0, 1, { filter: 'strict' })].join('\n');
  expect(parseSamples(file(text), 't', 'acc,strict')?.values).toEqual([1]);
});

test("a group's subtasks are numbered through", () => {
  const files = [...file(`${line(0, 1)}\n${line(1, 0)}`, 'a'), ...file(line(0, 1), 'b')];
  const values = parseSamples(files, 'group', 'acc,none');
  expect(values?.documentIds).toEqual([0, 1, 2]);
  expect(values?.values).toEqual([1, 0, 1]);
  // Where only part of the documents was scored, the numbers are those of the whole.
  const part = parseSamples(files, 'group', 'acc,none', { a: 10, b: 5 });
  expect(part?.documentIds).toEqual([0, 1, 10]);
});

test.each([
  ['no such metric', line(0, 1), 'f1,none'],
  ['no such filter', line(0, 1), 'acc,other'],
  ['a corpus metric', line(0, ['a', 'b']), 'acc,none'],
  ['no line', '', 'acc,none'],
])('there are no values per document for %s', (_, text, metric) => {
  expect(parseSamples(file(text), 't', metric)).toBeUndefined();
});

test.each([
  ['no line at all', ''],
  ['a document less', line(0, 1)],
  ['another document', `${line(0, 1)}\n${line(2, 1)}`],
  ['a document more', [0, 1, 2].map((id) => line(id, 1)).join('\n')],
  ['a line without the metric', `${line(0, 1)}\n${line(1, undefined)}`],
])('of the documents that must be there, %s is a cut file', (_, text) => {
  const parse = (): unknown =>
    parseSamples([{ task: 't', text, documentIds: [0, 1] }], 't', 'acc,none');
  expect(parse).toThrow(expect.objectContaining({ failureClass: 'truncated_results' }) as Error);
});

test.each([
  ['a cut line', line(0, 1).slice(0, -3), 'truncated_results'],
  ['a document twice', `${line(0, 1)}\n${line(0, 1)}`, 'truncated_results'],
  ['no doc_id', '{"filter":"none","acc":1}', 'truncated_results'],
  ['NaN', line(0, 'x').replace('"x"', 'NaN'), 'bad_score'],
  ['a value out of range', line(0, 7), 'bad_score'],
  ['a string', line(0, '1'), 'bad_score'],
  ['null', line(0, null), 'bad_score'],
])('%s is refused', (_, text, failureClass) => {
  const parse = (): unknown => parseSamples(file(text), 't', 'acc,none');
  expect(parse).toThrow(StageFailedError);
  expect(parse).toThrow(expect.objectContaining({ failureClass }) as Error);
});

test('the output of a recorded run gives its stations and its requests', () => {
  const seen = recorded('stderr.txt')
    .split(/[\r\n]/)
    .map(parseLmEvalProgress)
    .filter((progress) => progress !== undefined);
  expect([...new Set(seen.map((progress) => progress.activity))]).toEqual([
    'Loading the model',
    'Building contexts',
    'Running generate_until requests',
    'Running loglikelihood requests',
    'Saving results',
  ]);
  expect(seen.every(({ percent }) => percent >= 0 && percent <= 100)).toBe(true);
});

test('a bad value is shown short, however deep or long it is', () => {
  const messageOf = (value: string): string => {
    try {
      parseSamples(file(line(0, 'VALUE').replace('"VALUE"', () => value)), 't', 'acc,none');
    } catch (error) {
      if (error instanceof StageFailedError) return error.message;
      throw error;
    }
    throw new Error('accepted');
  };
  expect(messageOf(`"${'x'.repeat(100_000)}"`).length).toBeLessThan(200);
  expect(messageOf('NaN')).toMatch(/got NaN\.$/);
});

test('a log-likelihood per document that is a deep list is refused or left out, not a crash', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);
  const text = line(0, 'VALUE').replace('"VALUE"', `[${deep},1]`);
  expect(parseSamples(file(text), 't', 'acc,none')).toBeUndefined();
});
