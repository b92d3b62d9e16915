import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LmEvalCall } from '../evaluation/calls.js';
import { readOutput } from './lm-eval-output.js';

const fixtures = new URL('../../test/fixtures/lm-eval/', import.meta.url);
const samples = 'samples_zoo_shift_dev_2026-01-01T00-00-00.000000.jsonl';
const tasks = [
  { name: 'zoo_shift_dev', metric: 'exact_match,none', direction: 'maximize', weight: 1 },
] as const;
const call: LmEvalCall = {
  plan: { split: 'search', tasks, model: 'hf', modelArgs: {}, batchSize: 8, args: {} },
  tasks,
  limit: 5,
};
const recorded = readFileSync(new URL('samples_zoo_shift_dev.jsonl', fixtures), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lm-eval-output-'));
  const results = new URL('results_three_tasks.json', fixtures);
  copyFileSync(results, join(folder, 'results_2026-01-01T00-00-00.000000.json'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (text: string) => {
  writeFileSync(join(folder, samples), text);
  return readOutput(folder, call);
};

test('a recorded run is a report with a value per document', async () => {
  const report = await read(recorded);
  expect(report.scores).toMatchObject([{ task: 'zoo_shift_dev', value: 1, documents: 5 }]);
  expect(report.documents[0]?.documentIds).toEqual([0, 1, 2, 3, 4]);
});

test.each([0, 1, 4])('samples that were cut after line %i are never accepted', async (lines) => {
  const text = recorded.split('\n').slice(0, lines).join('\n');
  await expect(read(text)).rejects.toMatchObject({ failureClass: 'truncated_results' });
});

test('samples of documents that were not to be scored are never accepted', async () => {
  const other = recorded.replace('"doc_id": 4', '"doc_id": 5');
  await expect(read(other)).rejects.toMatchObject({ failureClass: 'truncated_results' });
});

test('of two files with the samples of one task none is taken', async () => {
  writeFileSync(join(folder, samples.replace('T00', 'T01')), recorded);
  await expect(read(recorded)).rejects.toMatchObject({ failureClass: 'truncated_results' });
});
