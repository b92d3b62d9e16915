/** The header of a safetensors file: names, types and shapes without a byte of weights. */
import { constants, promises } from 'node:fs';
import { MergesweepError } from '../errors.js';
import type { TensorFacts } from '../preflight/checkpoint-facts.js';

/** Thrown when a checkpoint's files can't be read as what they say they are. */
export class CheckpointError extends MergesweepError {
  readonly file: string;
  constructor(file: string, message: string, options?: { cause?: unknown }) {
    super('checkpoint_unreadable', `${file}: ${message}`, options);
    this.file = file;
  }
}

/** As Hugging Face's own reader in JavaScript; of the largest models a shard's header has 1 MB. */
const mostHeaderBytes = 25_000_000;
const bits: Readonly<Record<string, number>> = {
  F64: 64,
  I64: 64,
  U64: 64,
  F32: 32,
  I32: 32,
  U32: 32,
  F16: 16,
  BF16: 16,
  I16: 16,
  U16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
};

/**
 * Reads and verifies the header: every tensor lies inside the file, none overlap, none are missing
 * bytes.
 * @throws CheckpointError saying what was expected and what came
 */
export async function readSafetensorsHeader(file: string): Promise<Record<string, TensorFacts>> {
  const handle = await promises.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new CheckpointError(file, 'expected a file');
    if (stat.size < 8) throw truncated(file, 8, stat.size);
    const prefix = Buffer.alloc(8);
    await handle.read(prefix, 0, 8, 0);
    const length = prefix.readBigUInt64LE();
    if (length > BigInt(mostHeaderBytes))
      throw new CheckpointError(
        file,
        `header of ${length} bytes announced; at most ${mostHeaderBytes} are read. Not a safetensors file?`,
      );
    const headerBytes = Number(length);
    if (8 + headerBytes > stat.size) throw truncated(file, 8 + headerBytes, stat.size);
    const header = Buffer.alloc(headerBytes);
    await handle.read(header, 0, headerBytes, 8);
    return verifyHeader(
      file,
      parseHeader(file, header.toString('utf8')),
      stat.size - 8 - headerBytes,
    );
  } finally {
    await handle.close();
  }
}

const truncated = (file: string, expected: number, got: number): CheckpointError =>
  new CheckpointError(
    file,
    `truncated: expected at least ${expected} bytes, got ${got}. Download it again`,
  );

function parseHeader(file: string, text: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text);
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch (cause) {
    throw new CheckpointError(file, 'the header is not JSON. Not a safetensors file?', { cause });
  }
  throw new CheckpointError(file, 'the header is not a JSON object. Not a safetensors file?');
}

function verifyHeader(
  file: string,
  header: Record<string, unknown>,
  dataBytes: number,
): Record<string, TensorFacts> {
  const tensors = Object.create(null) as Record<string, TensorFacts>;
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, begin, end } = readEntry(file, name, entry);
    const width = Object.hasOwn(bits, dtype) ? bits[dtype] : undefined;
    const expected =
      width === undefined ? end - begin : (shape.reduce((a, b) => a * b, 1) * width) / 8;
    if (expected !== end - begin)
      throw new CheckpointError(
        file,
        `tensor ${name}: ${dtype} [${shape.join(', ')}] needs ${expected} bytes, its offsets span ${end - begin}`,
      );
    tensors[name] = { dtype, shape };
    spans.push({ name, begin, end });
  }
  let covered = 0;
  for (const { name, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw new CheckpointError(
        file,
        `tensor ${name} starts at byte ${begin}; expected ${covered}: tensors ${begin < covered ? 'overlap' : 'leave a gap'}`,
      );
    covered = end;
  }
  if (covered > dataBytes)
    throw new CheckpointError(
      file,
      `truncated: expected ${covered} bytes of tensors, got ${dataBytes}. Download it again`,
    );
  if (covered < dataBytes)
    throw new CheckpointError(
      file,
      `${dataBytes - covered} bytes after the last tensor belong to none`,
    );
  return tensors;
}

function readEntry(
  file: string,
  name: string,
  entry: unknown,
): { dtype: string; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype === 'string' && isSizes(shape) && isSizes(offsets)) {
    const [begin, end] = offsets;
    if (offsets.length === 2 && begin !== undefined && end !== undefined && begin <= end)
      return { dtype, shape, begin, end };
  }
  throw new CheckpointError(
    file,
    `tensor ${name}: expected dtype, shape and data_offsets [begin, end], got dtype ${describe(dtype)}, shape ${describe(shape)}, data_offsets ${describe(offsets)}`,
  );
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);

/** Short, however deep a stranger's value is nested. */
function describe(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.slice(0, 8).map(describeItem).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  return describeItem(value);
}

function describeItem(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return String(value).slice(0, 40);
}
