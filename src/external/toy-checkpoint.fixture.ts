/** Toy checkpoints for tests: real files, a few numbers of weights. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ToyCheckpoint {
  readonly config?: Record<string, unknown> | undefined;
  readonly tensors?: Record<string, { dtype: string; shape: number[] }> | undefined;
  readonly vocabulary?: readonly string[];
  readonly tokenizerConfig?: Record<string, unknown>;
  /** Further files by name; they replace the ones above. */
  readonly files?: Record<string, string | Uint8Array>;
  /** Files to leave out. */
  readonly without?: readonly string[];
}

export const toyConfig = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 1,
  hidden_size: 2,
  num_attention_heads: 2,
  intermediate_size: 4,
  vocab_size: 3,
  tie_word_embeddings: false,
  dtype: 'float32',
};
export const toyTensors = {
  'model.embed_tokens.weight': { dtype: 'F32', shape: [3, 2] },
  'model.layers.0.mlp.up_proj.weight': { dtype: 'F32', shape: [4, 2] },
  'lm_head.weight': { dtype: 'F32', shape: [3, 2] },
};

/** Writes the checkpoint to a new temporary folder, or to `folder`. */
export async function writeToyCheckpoint(
  toy: ToyCheckpoint = {},
  folder?: string,
): Promise<string> {
  const directory = folder ?? (await mkdtemp(join(tmpdir(), 'mergesweep-toy-')));
  await mkdir(directory, { recursive: true });
  const vocab = Object.fromEntries(
    (toy.vocabulary ?? ['a', 'b', '</s>']).map((token, id) => [token, id]),
  );
  const files: Record<string, string | Uint8Array> = {
    'config.json': JSON.stringify({ ...toyConfig, ...toy.config }),
    'model.safetensors': encodeSafetensors(toy.tensors ?? toyTensors),
    'tokenizer.json': JSON.stringify({ model: { type: 'BPE', vocab }, added_tokens: [] }),
    'tokenizer_config.json': JSON.stringify({
      tokenizer_class: 'LlamaTokenizer',
      eos_token: '</s>',
      ...toy.tokenizerConfig,
    }),
    ...toy.files,
  };
  for (const [name, content] of Object.entries(files))
    if (toy.without?.includes(name) !== true) await writeFile(join(directory, name), content);
  return directory;
}

/** A whole safetensors file, weights all zero. */
export function encodeSafetensors(
  tensors: Record<string, { dtype: string; shape: number[] }>,
): Buffer {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => {
      const bytes = shape.reduce((a, b) => a * b, 1) * (dtype === 'F32' ? 4 : 2);
      const entry = { dtype, shape, data_offsets: [at, at + bytes] };
      at += bytes;
      return [name, entry];
    }),
  );
  return encodeHeader(header, at);
}

/** Any header, valid or not, before `dataBytes` zeros. */
export function encodeHeader(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}
