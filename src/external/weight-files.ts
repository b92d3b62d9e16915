import { open, readdir, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { StageFailedError } from '../errors.js';

/** One tensor of a safetensors file; offsets in bytes from the start of the file. */
export interface TensorSpan {
  readonly name: string;
  readonly dtype: string;
  readonly begin: number;
  readonly end: number;
}

/** Names of a folder's safetensors files, sorted. */
export async function listWeightFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith('.safetensors')).sort();
}

/** Bytes of a folder's weight files, 0 where there are none. */
export async function sizeOfWeights(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await listWeightFiles(folder)) {
    const file = await open(join(folder, name), 'r');
    try {
      bytes += (await file.stat()).size;
    } finally {
      await file.close();
    }
  }
  return bytes;
}

/** The names of all tensors in a folder's safetensors files. */
export async function listTensorNames(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const file of await listWeightFiles(folder)) {
    const handle = await open(join(folder, file), 'r');
    try {
      for (const tensor of (await readHeader(handle, file)).tensors) names.add(tensor.name);
    } finally {
      await handle.close();
    }
  }
  return names;
}

const chunkBytes = 8 * 1024 * 1024;
const maxHeaderBytes = 100 * 1024 * 1024;

/**
 * Reads a safetensors file once: its SHA-256 and its first tensor that holds NaN or an infinity.
 * @throws StageFailedError `no_output` where the file isn't whole.
 */
export async function scanWeightFile(
  folder: string,
  name: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; bytes: number; nonFiniteTensor?: string }> {
  const handle = await open(join(folder, name), 'r');
  try {
    const { tensors, size } = await readHeader(handle, name);
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(Math.min(chunkBytes, size));
    let nonFiniteTensor: string | undefined;
    const read = async (begin: number, end: number, tensor?: TensorSpan): Promise<void> => {
      for (let at = begin; at < end; at += buffer.length) {
        signal?.throwIfAborted();
        const length = Math.min(buffer.length, end - at);
        await readFully(handle, buffer, length, at, name);
        const chunk = buffer.subarray(0, length);
        hash.update(chunk);
        if (tensor !== undefined && nonFiniteTensor === undefined && hasNonFinite(chunk, tensor)) {
          nonFiniteTensor = tensor.name;
        }
      }
    };
    let position = 0;
    for (const tensor of tensors) {
      await read(position, tensor.begin);
      await read(tensor.begin, tensor.end, tensor);
      position = tensor.end;
    }
    await read(position, size);
    return {
      sha256: hash.digest('hex'),
      bytes: size,
      ...(nonFiniteTensor === undefined ? {} : { nonFiniteTensor }),
    };
  } finally {
    await handle.close();
  }
}

/** A number is NaN or infinite where all bits of its exponent are set. */
function hasNonFinite(chunk: Buffer, { dtype }: TensorSpan): boolean {
  const { buffer, byteOffset, length } = chunk;
  if (dtype === 'F32') {
    for (const bits of new Uint32Array(buffer, byteOffset, length >> 2)) {
      if ((bits & 0x7f800000) === 0x7f800000) return true;
    }
  } else if (dtype === 'BF16' || dtype === 'F16') {
    const exponent = dtype === 'BF16' ? 0x7f80 : 0x7c00;
    for (const bits of new Uint16Array(buffer, byteOffset, length >> 1)) {
      if ((bits & exponent) === exponent) return true;
    }
  }
  return false;
}

async function readHeader(
  handle: FileHandle,
  name: string,
): Promise<{ tensors: TensorSpan[]; size: number }> {
  const { size } = await handle.stat();
  const prefix = Buffer.alloc(8);
  if (size < 8) throw broken(name, `${size} bytes`);
  await readFully(handle, prefix, 8, 0, name);
  const length = Number(prefix.readBigUInt64LE());
  if (length > Math.min(size - 8, maxHeaderBytes))
    throw broken(name, `a header of ${length} bytes`);
  const text = Buffer.alloc(length);
  await readFully(handle, text, length, 8, name);
  let header: Readonly<Record<string, { dtype?: string; data_offsets?: [number, number] }>>;
  try {
    header = JSON.parse(text.toString('utf8')) as typeof header;
  } catch {
    throw broken(name, "a header that isn't JSON");
  }
  const tensors = Object.entries(header)
    .filter(([tensor]) => tensor !== '__metadata__')
    .map(([tensor, { dtype = '', data_offsets: [begin, end] = [-1, -1] }]) => ({
      name: tensor,
      dtype,
      begin: begin + 8 + length,
      end: end + 8 + length,
    }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 8 + length;
  for (const tensor of tensors) {
    if (!(tensor.begin >= position && tensor.end >= tensor.begin && tensor.end <= size)) {
      throw broken(name, `the tensor ${tensor.name} outside the file`);
    }
    position = tensor.end;
  }
  return { tensors, size };
}

async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  length: number,
  position: number,
  name: string,
): Promise<void> {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw broken(name, 'a file that ends early');
    filled += bytesRead;
  }
}

function broken(name: string, got: string): StageFailedError {
  return new StageFailedError('no_output', `Expected ${name} as whole safetensors, got ${got}.`);
}

/** Whether the model of this folder has one tensor for embedding and head. */
export async function hasTiedEmbeddings(folder: string): Promise<boolean> {
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as {
    tie_word_embeddings?: unknown;
  };
  return config.tie_word_embeddings === true;
}
