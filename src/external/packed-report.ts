import { gunzipSync, gzipSync } from 'node:zlib';
import type {
  DocumentValues,
  EvalReport,
  PackedDocumentValues,
  PackedEvalReport,
} from '../evaluation/eval-report.js';

/** A report must fit into a Temporal payload with room to spare. */
const maxPackedBytes = 256 * 1024;
/** Of float32: a perplexity of one document can be beyond it, and would come back as infinite. */
const largestFloat = 3.4028234663852886e38;
/** Of one eval task: what a hostile or broken payload may make us unpack. */
const mostDocuments = 1_000_000;

/**
 * Packs a report for the wire and the ledger. Values other than 0 and 1 are rounded to float32, those
 * beyond it to its largest.
 * Beyond 256 KB (or a million documents) the largest per-document values are left out; scores never are.
 */
export function packReport(report: EvalReport): PackedEvalReport {
  let documents = report.documents
    .filter(({ values }) => values.length <= mostDocuments)
    .map(packDocuments);
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

/**
 * The opposite of `packDocuments`.
 * @throws Error where it isn't what `packDocuments` makes: values that aren't finite, ids that don't
 *   ascend, more or fewer of either than `count`
 */
export function unpackDocuments(documents: PackedDocumentValues): DocumentValues {
  const { task, metric, count, encoding, documentsHash } = documents;
  const refuse = (expected: string, got: unknown): never => {
    throw new Error(`Expected ${expected} of ${task} ${metric}, got ${String(got)}.`);
  };
  if (!Number.isSafeInteger(count) || count < 0 || count > mostDocuments)
    refuse(`at most ${mostDocuments} values`, count);
  // A newer version may know others.
  const encodings: readonly string[] = ['bits', 'float32'];
  if (!encodings.includes(encoding)) refuse('bits or float32 as encoding', encoding);
  const length = encoding === 'bits' ? Math.ceil(count / 8) : count * 4;
  const bytes = unpacked(documents.values, length);
  if (bytes.length !== length)
    refuse(`${length} bytes for ${count} values`, `${bytes.length} bytes`);
  const values = encoding === 'bits' ? fromBits(bytes, count) : fromFloats(bytes, count);
  if (values === undefined) return refuse(`${count} finite values`, 'others');
  const documentIds = unpackIds(documents);
  const ascends = documentIds.every(
    (id, index) => Number.isSafeInteger(id) && id > (documentIds[index - 1] ?? -1),
  );
  if (documentIds.length !== count || !ascends)
    refuse(`${count} ascending document ids`, `${documentIds.length}`);
  return { task, metric, documentIds, values, documentsHash };
}

/** As many as `count` says; what is in them is checked by the caller. */
function unpackIds({ documentIds, count }: PackedDocumentValues): number[] {
  if (documentIds === undefined) return Array.from({ length: count }, (_, index) => index);
  // The longest safe integer, and a comma.
  const ids: unknown = JSON.parse(unpacked(documentIds, count * 17 + 2).toString());
  return Array.isArray(ids) ? (ids as number[]) : [];
}

/** Undefined where a bit beyond the last value is set. */
function fromBits(bytes: Buffer, count: number): number[] | undefined {
  const bit = (index: number): number => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1;
  for (let index = count; index < bytes.length * 8; index++) if (bit(index) !== 0) return undefined;
  return Array.from({ length: count }, (_, index) => bit(index));
}

/** Undefined where one isn't finite. */
function fromFloats(bytes: Buffer, count: number): number[] | undefined {
  const values = Array.from({ length: count }, (_, index) => bytes.readFloatLE(index * 4));
  return values.every(Number.isFinite) ? values : undefined;
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
  values.forEach((value, index) =>
    bytes.writeFloatLE(Math.max(-largestFloat, Math.min(largestFloat, value)), index * 4),
  );
  return bytes;
}

function packed(bytes: Buffer): string {
  return gzipSync(bytes, { level: 9 }).toString('base64');
}

/** @throws RangeError beyond `mostBytes` */
function unpacked(text: string, mostBytes: number): Buffer {
  return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: Math.max(1, mostBytes) });
}
