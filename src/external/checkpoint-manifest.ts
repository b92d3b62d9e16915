import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointManifest } from '../../activities/contracts.js';
import { StageFailedError } from '../errors.js';
import {
  hasTiedEmbeddings,
  listTensorNames,
  listWeightFiles,
  scanWeightFile,
} from './weight-files.js';

/** File in a checkpoint's folder: the model is whole; holds its manifest as JSON. */
export const doneMarker = 'DONE';

/** Names that mergekit leaves out of a merge on purpose: buffers that a model computes itself. */
const computedTensor = /rotary_emb\.inv_freq$|\.masked_bias$|\.attn\.bias$/;

/**
 * Verifies a merged model (whole, every tensor of the base, all numbers finite, config and tokenizer
 * there) and takes its fingerprint; each weight file is read once.
 * @param baseFolder local folder of the base; absent: its tensors aren't compared.
 * @throws StageFailedError `no_output` for what is missing, `degenerate_merge` for NaN or infinities.
 */
export async function verifyCheckpoint(
  folder: string,
  baseFolder?: string,
  signal?: AbortSignal,
): Promise<CheckpointManifest> {
  await requireFiles(folder);
  if (baseFolder !== undefined) await requireTensors(folder, baseFolder);
  const files: Record<string, string> = {};
  let bytes = 0;
  for (const name of await listWeightFiles(folder)) {
    const scan = await scanWeightFile(folder, name, signal);
    if (scan.nonFiniteTensor !== undefined) {
      throw new StageFailedError(
        'degenerate_merge',
        `Expected finite weights, got NaN or an infinity in the merged tensor ${scan.nonFiniteTensor}: ` +
          'look at the parents and the ranges of their weights.',
      );
    }
    files[name] = scan.sha256;
    bytes += scan.bytes;
  }
  return { files, sha256: hashManifest(files), bytes };
}

/** SHA-256 over the sorted `name\0hash\n` lines. */
export function hashManifest(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hash]) => `${name}\0${hash}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

async function requireFiles(folder: string): Promise<void> {
  const weights = await listWeightFiles(folder).catch((): string[] => []);
  const missing: string[] = [];
  if (weights.length === 0) missing.push('*.safetensors');
  for (const name of await shardsOfIndex(folder)) if (!weights.includes(name)) missing.push(name);
  for (const name of ['config.json', 'tokenizer_config.json']) {
    if (!(await exists(join(folder, name)))) missing.push(name);
  }
  const tokenizers = ['tokenizer.json', 'tokenizer.model', 'vocab.json'];
  const found = await Promise.all(tokenizers.map((name) => exists(join(folder, name))));
  if (!found.includes(true)) missing.push('tokenizer.json or tokenizer.model');
  if (missing.length > 0) {
    throw new StageFailedError(
      'no_output',
      `mergekit-yaml ended well but its output lacks ${missing.join(', ')}; see its log.`,
    );
  }
}

async function shardsOfIndex(folder: string): Promise<string[]> {
  const path = join(folder, 'model.safetensors.index.json');
  if (!(await exists(path))) return [];
  try {
    const index = JSON.parse(await readFile(path, 'utf8')) as {
      weight_map: Record<string, string>;
    };
    return [...new Set(Object.values(index.weight_map))].sort();
  } catch (error) {
    throw new StageFailedError('no_output', `Expected ${path} as JSON, got a broken index.`, {
      cause: error,
    });
  }
}

async function requireTensors(folder: string, baseFolder: string): Promise<void> {
  const merged = await listTensorNames(folder);
  const isTied = await hasTiedEmbeddings(folder);
  const missing = [...(await listTensorNames(baseFolder))].filter(
    (name) =>
      !merged.has(name) &&
      !computedTensor.test(name) &&
      !(isTied && name.endsWith('lm_head.weight')),
  );
  if (missing.length > 0) {
    throw new StageFailedError(
      'no_output',
      `Expected every tensor of the base in the merge, got none of ${missing.slice(0, 3).join(', ')}` +
        `${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}.`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
