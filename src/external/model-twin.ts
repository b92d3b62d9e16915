import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Beside the weights these decide what a model answers. */
export const decidingFiles: readonly string[] = [
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'generation_config.json',
];
/** Keys of config.json that change no answer, or that the loader is told. */
const namesOnly = new Set(['_name_or_path', 'transformers_version', 'torch_dtype', 'dtype']);

/**
 * Why `model` is more than other weights in `base`, one clause, or undefined where config and
 * tokenizer are the same. Both as in recipes: absolute folders, or Hub ids.
 */
export async function whyNoTwin(model: string, base: string): Promise<string | undefined> {
  if (model === base) return isAbsolute(base) ? undefined : `${model} is not a local folder`;
  if (!isAbsolute(model) || !isAbsolute(base)) return `${model} is not a local folder`;
  const [own, other] = await Promise.all([readConfig(model), readConfig(base)]);
  if (own === undefined || own !== other) return "its config.json is not the base's";
  for (const name of decidingFiles) {
    const [a, b] = await Promise.all([readMaybe(join(model, name)), readMaybe(join(base, name))]);
    if (a !== b && !(a !== undefined && b !== undefined && isSameJson(a, b))) {
      return `its ${name} is not the base's`;
    }
  }
  return undefined;
}

async function readConfig(folder: string): Promise<string | undefined> {
  const text = await readMaybe(join(folder, 'config.json'));
  return text === undefined ? undefined : toComparable(text);
}

function toComparable(text: string): string | undefined {
  try {
    const config = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify(
      Object.entries(config)
        .filter(([key]) => !namesOnly.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  } catch {
    return undefined;
  }
}

function isSameJson(a: string, b: string): boolean {
  const [own, other] = [toComparable(a), toComparable(b)];
  return own !== undefined && own === other;
}

function readMaybe(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
