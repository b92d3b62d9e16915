import { gunzipSync, gzipSync } from 'node:zlib';
import type {
  DocumentValues,
  EvalReport,
  PackedDocumentValues,
  PackedEvalReport,
} from '../evaluation/eval-report.js';

/** A report must fit into a Temporal payload with room to spare. */
const maxPackedBytes = 256 * 1024;
/** What a hostile or broken payload may unpack to. */
const maxUnpackedBytes = 64 * 1024 * 1024;

/**
 * Packs a report for the wire and the ledger. Values other than 0 and 1 are rounded to float32.
 * Beyond 256 KB the largest per-document values are left out; scores never are.
 */
export function packReport(report: EvalReport): PackedEvalReport {
  let documents = report.documents.map(packDocuments);
  const sizeOf = (each: PackedDocumentValues): number =>
    each.values.length + (each.documentIds?.length ?? 0) + 200;
  while (documents.reduce((sum, each) => sum + sizeOf(each), 0) > maxPackedBytes) {
    const largest = Math.max(...documents.map(sizeOf));
    const index = documents.findIndex((each) => sizeOf(each) === largest);
    documents = documents.filter((_, at) => at !== index);
  }
  return { ...report, documents };
}

/** The opposite of `packReport`. @throws Error where a payload isn't what `packReport` makes. */
export function unpackReport(packed: PackedEvalReport): EvalReport {
  return { ...packed, documents: packed.documents.map(unpackDocuments) };
}

/** Packs one task's values. */
export function packDocuments(documents: DocumentValues): PackedDocumentValues {
  const { task, metric, documentIds, values, documentsHash } = documents;
  const isBinary = values.every((value) => value === 0 || value === 1);
  const isNumberedThrough = documentIds.every((id, index) => id === index);
  return {
    task,
    metric,
    count: values.length,
    encoding: isBinary ? 'bits' : 'float32',
    values: packed(isBinary ? toBits(values) : toFloats(values)),
    ...(isNumberedThrough ? {} : { documentIds: packed(Buffer.from(JSON.stringify(documentIds))) }),
    documentsHash,
  };
}

/** The opposite of `packDocuments`. */
export function unpackDocuments(documents: PackedDocumentValues): DocumentValues {
  const { task, metric, count, encoding, documentsHash } = documents;
  const bytes = unpacked(documents.values);
  const expected = encoding === 'bits' ? Math.ceil(count / 8) : count * 4;
  if (bytes.length !== expected) {
    throw new Error(
      `Expected ${expected} bytes for ${count} values of ${task} ${metric}, got ${bytes.length}.`,
    );
  }
  const values = Array.from({ length: count }, (_, index) =>
    encoding === 'bits'
      ? ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1
      : bytes.readFloatLE(index * 4),
  );
  const documentIds =
    documents.documentIds === undefined
      ? values.map((_, index) => index)
      : (JSON.parse(unpacked(documents.documentIds).toString()) as number[]);
  return { task, metric, documentIds, values, documentsHash };
}

function toBits(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (value === 1) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bytes;
}

function toFloats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}

function packed(bytes: Buffer): string {
  return gzipSync(bytes, { level: 9 }).toString('base64');
}

function unpacked(text: string): Buffer {
  return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: maxUnpackedBytes });
}
