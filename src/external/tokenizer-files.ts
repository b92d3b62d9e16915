/** Tokenizer files → facts; the vocabulary as one hash, whichever file it is kept in. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TokenizerFacts } from '../preflight/checkpoint-facts.js';
import { readJsonFile, readSmallBytes, readSmallFile } from './json-file.js';
import { CheckpointError } from './safetensors-header.js';
import { readSentencePieces } from './sentencepiece.js';

const mostVocabularyBytes = 128_000_000;

/** Undefined where the folder has no tokenizer. */
export async function readTokenizerFacts(directory: string): Promise<TokenizerFacts | undefined> {
  const config = await readJsonFile(join(directory, 'tokenizer_config.json'));
  const vocabulary = await readVocabulary(directory);
  if (config === undefined && vocabulary === undefined) return undefined;
  const map = await readJsonFile(join(directory, 'special_tokens_map.json'));
  const className = config?.['tokenizer_class'];
  const template = await readChatTemplate(directory, config);
  return {
    ...(typeof className === 'string' ? { className } : {}),
    ...(config?.['auto_map'] == null ? {} : { hasCustomCode: true }),
    ...(vocabulary === undefined
      ? {}
      : { size: vocabulary.size, vocabularyHash: hashVocabulary(vocabulary) }),
    specialTokens: { ...readSpecialTokens(map), ...readSpecialTokens(config) },
    ...(template === undefined ? {} : { chatTemplateHash: sha256(template) }),
  };
}

type Vocabulary = Map<string, number>;

async function readVocabulary(directory: string): Promise<Vocabulary | undefined> {
  const file = join(directory, 'tokenizer.json');
  const json = await readJsonFile(file, mostVocabularyBytes);
  if (json !== undefined) {
    const vocabulary = fromModel(record(json['model'])['vocab']);
    for (const added of list(json['added_tokens'])) {
      const { content, id } = record(added);
      if (typeof content === 'string' && typeof id === 'number') vocabulary.set(content, id);
    }
    return vocabulary;
  }
  const pieces = await readSentencePieceFile(join(directory, 'tokenizer.model'));
  const plain = pieces ?? (await readJsonFile(join(directory, 'vocab.json'), mostVocabularyBytes));
  if (plain === undefined) return undefined;
  const vocabulary = fromModel(plain);
  const added = await readJsonFile(join(directory, 'added_tokens.json'));
  for (const [token, id] of Object.entries(added ?? {}))
    if (typeof id === 'number') vocabulary.set(token, id);
  return vocabulary;
}

/** BPE and WordLevel keep `{token: id}`, Unigram a list of `[token, score]`. */
function fromModel(vocab: unknown): Vocabulary {
  const vocabulary: Vocabulary = new Map();
  if (Array.isArray(vocab))
    vocab.forEach((entry: unknown, id) => {
      const token: unknown = Array.isArray(entry) ? entry[0] : entry;
      if (typeof token === 'string') vocabulary.set(token, id);
    });
  else
    for (const [token, id] of Object.entries(record(vocab)))
      if (typeof id === 'number') vocabulary.set(token, id);
  return vocabulary;
}

async function readSentencePieceFile(file: string): Promise<string[] | undefined> {
  try {
    const bytes = await readSmallBytes(file, mostVocabularyBytes);
    return bytes === undefined ? undefined : readSentencePieces(bytes);
  } catch {
    // Another format, or no vocabulary's size: it stays unknown.
    return undefined;
  }
}

function hashVocabulary(vocabulary: Vocabulary): string {
  const hash = createHash('sha256');
  const entries = [...vocabulary].sort(([a, i], [b, j]) => i - j || (a < b ? -1 : 1));
  for (const [token, id] of entries) hash.update(`${id}\t${JSON.stringify(token)}\n`);
  return hash.digest('hex');
}

async function readChatTemplate(
  directory: string,
  config: Record<string, unknown> | undefined,
): Promise<string | undefined> {
  const file = await readSmallFile(join(directory, 'chat_template.jinja'));
  if (file !== undefined) return file;
  const inConfig = config?.['chat_template'];
  if (inConfig === undefined || inConfig === null) return undefined;
  if (typeof inConfig === 'string') return inConfig;
  try {
    return JSON.stringify(inConfig);
  } catch (cause) {
    // What JSON.parse reads may be deeper than what can be written again.
    throw new CheckpointError(
      join(directory, 'tokenizer_config.json'),
      'expected `chat_template` as text or as a list of named texts, got one nested too deep',
      { cause },
    );
  }
}

function readSpecialTokens(config: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    ['bos_token', 'eos_token', 'unk_token', 'pad_token'].flatMap((name) => {
      const value = config?.[name];
      const token = typeof value === 'string' ? value : record(value)['content'];
      return typeof token === 'string' ? [[name, token]] : [];
    }),
  );
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
