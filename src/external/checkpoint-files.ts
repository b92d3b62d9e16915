/** A checkpoint's folder → what can be known of it without reading weights. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CheckpointFacts, ModelConfig, TensorFacts } from '../preflight/checkpoint-facts.js';
import { readYaml } from '../spec/read-yaml.js';
import { readJsonFile, readSmallFile } from './json-file.js';
import { CheckpointError, readSafetensorsHeader } from './safetensors-header.js';
import { findPickle, shardName } from './untrusted-code.js';
import { readTokenizerFacts } from './tokenizer-files.js';

/**
 * Reads config.json, tokenizer files, safetensors headers and the model card's front matter.
 * @param label the parent's, or `base`; @default the folder's name
 * @throws CheckpointError naming the file, what was expected and what came
 */
export async function readCheckpointFacts(
  directory: string,
  label = basename(directory),
): Promise<CheckpointFacts> {
  const names = await listFolder(directory);
  const config = await readConfig(directory, names);
  const { tensors, weights } = await readTensors(directory, names);
  const tokenizer = await readTokenizerFacts(directory);
  const commit = /\/snapshots\/([0-9a-f]{40})\/?$/.exec(directory)?.[1];
  return {
    label,
    directory,
    config,
    ...(tokenizer === undefined ? {} : { tokenizer }),
    tensors,
    weights,
    provenance: {
      baseModels: await readBaseModels(join(directory, 'README.md')),
      ...(commit === undefined ? {} : { commit }),
    },
  };
}

async function listFolder(directory: string): Promise<string[]> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined)
    throw new CheckpointError(directory, 'no such folder. Check the path in the sweep file');
  if (!found.isDirectory())
    throw new CheckpointError(directory, 'expected the folder of a model, got a file');
  return readdir(directory);
}

async function readConfig(directory: string, names: readonly string[]): Promise<ModelConfig> {
  const file = join(directory, 'config.json');
  const json = await readJsonFile(file);
  if (json === undefined && names.includes('adapter_config.json'))
    throw new CheckpointError(
      file,
      'missing: this is an adapter (adapter_config.json). Merge it into its base model first, e.g. with peft merge_and_unload',
    );
  if (json === undefined)
    throw new CheckpointError(file, 'missing: expected the folder of a transformers model');
  const text = (key: string): string | undefined =>
    typeof json[key] === 'string' ? json[key] : undefined;
  const number = (key: string): number | undefined =>
    typeof json[key] === 'number' ? json[key] : undefined;
  const architecture: unknown = Array.isArray(json['architectures'])
    ? json['architectures'][0]
    : undefined;
  const quantization = json['quantization_config'] as { quant_method?: unknown } | null | undefined;
  const hiddenSize = number('hidden_size');
  const heads = number('num_attention_heads');
  return dropUndefined({
    modelType: text('model_type'),
    architecture: typeof architecture === 'string' ? architecture : undefined,
    layers: number('num_hidden_layers'),
    hiddenSize,
    heads,
    // transformers' default where the key is left out.
    keyValueHeads: number('num_key_value_heads') ?? heads,
    intermediateSize: number('intermediate_size'),
    vocabSize: number('vocab_size'),
    tiesEmbeddings:
      typeof json['tie_word_embeddings'] === 'boolean' ? json['tie_word_embeddings'] : undefined,
    dtype: text('dtype') ?? text('torch_dtype'),
    hasCustomCode: json['auto_map'] !== undefined && json['auto_map'] !== null,
    hasAdapter: names.includes('adapter_config.json'),
    quantization:
      typeof quantization === 'object' && quantization !== null
        ? typeof quantization.quant_method === 'string'
          ? quantization.quant_method
          : 'unknown method'
        : undefined,
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
/** `exactOptionalPropertyTypes` tells an absent key from an undefined one. */
function dropUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Defined<T>;
}

async function readTensors(
  directory: string,
  names: readonly string[],
): Promise<Pick<CheckpointFacts, 'tensors' | 'weights'>> {
  const index = names.includes('model.safetensors.index.json')
    ? await readIndex(join(directory, 'model.safetensors.index.json'))
    : undefined;
  const plain = names.filter(
    (name) => name.endsWith('.safetensors') && !name.startsWith('adapter_'),
  );
  const files =
    index?.files ?? (plain.includes('model.safetensors') ? ['model.safetensors'] : plain);
  const tensors = Object.create(null) as Record<string, TensorFacts>;
  const home = new Map<string, string>();
  for (const name of files) {
    const file = join(directory, name);
    if (!names.includes(name))
      throw new CheckpointError(
        file,
        'missing, though the index names it. Download the model again',
      );
    for (const [tensor, facts] of Object.entries(await readSafetensorsHeader(file))) {
      tensors[tensor] = facts;
      home.set(tensor, name);
    }
  }
  for (const [tensor, name] of index?.tensors ?? [])
    if (home.get(tensor) !== name)
      throw new CheckpointError(
        join(directory, name),
        `tensor ${tensor} missing, though the index places it there`,
      );
  const pickle = await findPickle(directory);
  if (pickle !== undefined) return { tensors: {}, weights: 'pickle' };
  return { tensors, weights: files.length > 0 ? 'safetensors' : 'none' };
}

async function readIndex(file: string): Promise<{ files: string[]; tensors: [string, string][] }> {
  const json = await readJsonFile(file, 64_000_000);
  const map = json?.['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new CheckpointError(file, 'expected `weight_map`, tensor names to file names');
  const tensors = Object.entries(map).map(([tensor, name]: [string, unknown]): [string, string] => {
    if (typeof name !== 'string' || !shardName.test(name))
      throw new CheckpointError(
        file,
        `tensor ${tensor} in ${typeof name === 'object' ? 'what is no text' : JSON.stringify(name)}: expected the name of a .safetensors file of this folder`,
      );
    return [tensor, name];
  });
  return { files: [...new Set(tensors.map(([, name]) => name))].sort(), tensors };
}

async function readBaseModels(file: string): Promise<string[]> {
  // A card is a courtesy: what can't be read of it is left out.
  const text = await readSmallFile(file).catch(() => undefined);
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text ?? '')?.[1];
  if (front === undefined) return [];
  const reading = readYaml(front, file);
  const named = reading.ok
    ? (reading.tree.root as { base_model?: unknown } | null)?.base_model
    : undefined;
  return (Array.isArray(named) ? named : [named]).filter((name) => typeof name === 'string');
}
