import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { EvalReport, PackedDocumentValues } from '../evaluation/eval-report.js';
import { packDocuments, packReport, unpackDocuments, unpackReport } from './packed-report.js';

const documents = (values: number[], documentIds = values.map((_, index) => index)) => ({
  task: 't',
  metric: 'acc,none',
  documentIds,
  values,
  documentsHash: 'h',
});
const report = (...all: EvalReport['documents'][number][]): EvalReport => ({
  split: 'search',
  scores: [],
  documents: all,
  taskHashes: {},
  taskVersions: {},
});

test.each([0, 1, 7, 8, 9, 200])('%i zeros and ones come back as they were', (count) => {
  const values = Array.from({ length: count }, (_, index) => (index % 3 === 0 ? 1 : 0));
  expect(unpackDocuments(packDocuments(documents(values)))).toEqual(documents(values));
});

test('other values come back as float32, and ids that skip come back whole', () => {
  const values = documents([0.5, -1.25, Math.fround(0.1)], [2, 5, 9]);
  const packed = packDocuments(values);
  expect(packed.encoding).toBe('float32');
  expect(unpackDocuments(packed)).toEqual(values);
});

test('a report beyond 256 KB loses its largest documents, never its scores', () => {
  let state = 1;
  const noise = Array.from({ length: 100_000 }, () => (state = (state * 48271) % 2147483647) / 3);
  const packed = packReport(report(documents([1, 0]), documents(noise)));
  expect(packed.documents.map((each) => each.count)).toEqual([2]);
  expect(unpackReport(packed).documents[0]?.values).toEqual([1, 0]);
});

test('a payload of another length than it says is refused', () => {
  const packed = packDocuments(documents([1, 0, 1]));
  expect(() => unpackDocuments({ ...packed, count: 100 })).toThrow('Expected 13 bytes for 100');
});

test('a value beyond float32 comes back as the largest of it, never as infinite', () => {
  const { values } = unpackDocuments(packDocuments(documents([1e39, -1e300, 2])));
  expect(values).toEqual([3.4028234663852886e38, -3.4028234663852886e38, 2]);
});

const gzip = (bytes: Buffer): string => gzipSync(bytes).toString('base64');
test.each([
  [
    'a value that is not finite',
    { encoding: 'float32', values: gzip(Buffer.from([0, 0, 192, 127])) },
  ],
  ['a bit beyond the last value', { values: gzip(Buffer.from([2])) }],
  ['a count below 0', { count: -1 }],
  ['no whole count', { count: 0.5 }],
  ['another encoding', { encoding: 'float64' }],
  ['fewer ids than values', { documentIds: gzip(Buffer.from('[]')) }],
  ['ids that are no numbers', { documentIds: gzip(Buffer.from('["0"]')) }],
  ['an id below 0', { documentIds: gzip(Buffer.from('[-1]')) }],
  ['ids that are no list', { documentIds: gzip(Buffer.from('7')) }],
  ['a bomb', { values: gzip(Buffer.alloc(50_000_000)) }],
])('%s is refused', (_, lie) => {
  const packed = packDocuments(documents([1]));
  expect(() => unpackDocuments({ ...packed, ...lie } as PackedDocumentValues)).toThrow();
});

test.each([[[3, 3]], [[4, 3]]])('ids %j do not ascend and are refused', (ids) => {
  expect(() => unpackDocuments(packDocuments(documents([1, 0], ids)))).toThrow('ascending');
});
