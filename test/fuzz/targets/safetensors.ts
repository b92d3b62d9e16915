/** A model's files, as strangers publish them, through the preflight's reading. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MergesweepError } from '../../../src/errors.js';
import { readCheckpointFacts } from '../../../src/external/checkpoint-files.js';
import type { CheckpointFacts } from '../../../src/preflight/checkpoint-facts.js';
import { findFindings } from '../../../src/preflight/find-findings.js';
import { parseSweepSpec } from '../../../src/spec/parse-sweep-spec.js';
import { fine, violation, type Fuzzer } from '../fuzzer.js';
import { mutateNode, toNode, writeNode } from '../mutate-json.js';
import { mutateBytes, mutateText } from '../mutate-text.js';
import { createScratch } from '../scratch.js';
import type { SeededRandom } from '../seeded-random.js';
import { shippedSweeps } from './sweep-texts.js';

interface CheckpointCase {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Longer than its bytes: the rest are zeros that take no space. */
  readonly size?: number;
}

const shards: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'model-00001-of-00002.safetensors': {
    'model.embed_tokens.weight': [8, 4],
    'model.norm.weight': [4],
  },
  'model-00002-of-00002.safetensors': { 'lm_head.weight': [8, 4] },
};
const config = {
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: 8, hidden_size: 4 },
  ...{ num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8, torch_dtype: 'float32' },
  ...{ tie_word_embeddings: false, quantization_config: null },
};
const vocabulary = Object.fromEntries(['<s>', '</s>', 'a', 'b'].map((token, id) => [token, id]));

/** The text of each file; of shards, of the header alone. */
const texts: Readonly<Record<string, string>> = {
  'config.json': JSON.stringify(config),
  'tokenizer.json': JSON.stringify({
    model: { type: 'BPE', vocab: vocabulary, merges: [] },
    added_tokens: [{ id: 4, content: '<pad>', special: true }],
  }),
  'tokenizer_config.json': JSON.stringify({
    ...{ tokenizer_class: 'LlamaTokenizer', bos_token: '<s>', eos_token: { content: '</s>' } },
    chat_template: '{{ messages }}',
  }),
  'special_tokens_map.json': JSON.stringify({ bos_token: '<s>', pad_token: '<pad>' }),
  'model.safetensors.index.json': JSON.stringify({
    weight_map: Object.fromEntries(
      Object.entries(shards).flatMap(([file, tensors]) =>
        Object.keys(tensors).map((tensor) => [tensor, file]),
      ),
    ),
  }),
  'README.md': '---\nbase_model: org/base\nlicense: mit\n---\n# A model\n',
  ...Object.fromEntries(
    Object.entries(shards).map(([file, tensors]) => [file, JSON.stringify(headerOf(tensors))]),
  ),
};

export function createSafetensorsFuzzer(): Fuzzer<CheckpointCase> {
  const scratch = createScratch();
  const [sound, damaged] = [join(scratch, 'sound'), join(scratch, 'damaged')];
  for (const folder of [sound, damaged]) {
    mkdirSync(folder);
    for (const name of Object.keys(texts)) writeFileSync(join(folder, name), soundBytes(name));
  }
  const parsed = parseSweepSpec(shippedSweeps[0] ?? '', '/sweeps/demo.yaml', '/home/me');
  if (!parsed.ok) throw new Error('the demo must be a sweep');
  let base: CheckpointFacts | undefined;
  return {
    make: makeCase,
    check: async ({ file, bytes, size }) => {
      base ??= await readCheckpointFacts(sound, 'base');
      const path = join(damaged, file);
      writeFileSync(path, bytes);
      if (size !== undefined) truncateSync(path, size);
      try {
        const facts = await readCheckpointFacts(damaged, 'parent');
        const nonsense = findNonsense(facts);
        if (nonsense !== undefined) return violation('nonsense', `accepted: ${nonsense}`);
        const findings = findFindings(base, [facts], parsed.spec);
        if (findings.some(({ severity }) => severity === 'error')) return fine('found');
        // An index that names nothing leaves no weights: the findings must say so.
        return facts.weights === 'safetensors'
          ? fine('accepted')
          : violation('nonsense', `accepted with weights: ${facts.weights}`);
      } catch (error) {
        if (error instanceof MergesweepError) return fine('refused');
        throw error;
      } finally {
        if (texts[file] === undefined) rmSync(path);
        else writeFileSync(path, soundBytes(file));
      }
    },
    write: ({ bytes }) => bytes,
    *smaller({ file, bytes, size }) {
      for (let piece = bytes.length >> 1; piece >= 1; piece >>= 1)
        for (let at = 0; at < bytes.length; at += piece) {
          const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece)]);
          yield { file, bytes: shorter, ...(size !== undefined && { size }) };
        }
    },
  };
}

function makeCase(random: SeededRandom): CheckpointCase {
  if (random.chance(0.08)) return makePieces(random);
  const file = random.chance(0.5)
    ? random.pick(Object.keys(shards))
    : random.pick(Object.keys(texts));
  let text = texts[file] ?? '';
  if (file !== 'README.md' && random.chance(0.7)) {
    const root = toNode(JSON.parse(text));
    for (let changes = random.few(4); changes > 0; changes--) mutateNode(random, root);
    text = writeNode(root);
  } else for (let changes = random.few(4); changes > 0; changes--) text = mutateText(random, text);
  if (!(file in shards)) return { file, bytes: Buffer.from(text) };
  const bytes = toShard(text, random.chance(0.8) ? dataBytes(file) : random.integer(300));
  if (random.chance(0.25)) return { file, bytes: mutateBytes(random, bytes) };
  if (random.chance(0.2)) return { file, bytes: withLength(random, bytes) };
  if (random.chance(0.03))
    return { file, bytes: withLength(random, bytes), size: random.pick([1e6, 1e7, 1e8, 1e10]) };
  return { file, bytes };
}

/** A SentencePiece model in place of tokenizer.json's neighbours. */
function makePieces(random: SeededRandom): CheckpointCase {
  const piece = (text: string): Buffer => {
    const inner = Buffer.concat([Buffer.from([10, text.length]), Buffer.from(text)]);
    return Buffer.concat([Buffer.from([10, inner.length]), inner]);
  };
  const model = Buffer.concat(['<s>', 'a', 'b'].map(piece));
  return { file: 'tokenizer.model', bytes: mutateBytes(random, model) };
}

/** Another length of the header than it has. */
function withLength(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  const lengths = [0n, 1n, 7n, 2n ** 63n, 2n ** 64n - 1n, 99_999_999n, 24_000_000n, 1_000_000n];
  copy.writeBigUInt64LE(random.pick([...lengths, BigInt(random.integer(400))]), 0);
  return copy;
}

function headerOf(tensors: Readonly<Record<string, readonly number[]>>): object {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, shape]) => {
    const begin = at;
    at += shape.reduce((size, each) => size * each, 4);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }];
  });
  return { __metadata__: { format: 'pt' }, ...(Object.fromEntries(entries) as object) };
}

const dataBytes = (file: string): number =>
  Object.values(shards[file] ?? {}).reduce(
    (sum, shape) => sum + shape.reduce((size, each) => size * each, 4),
    0,
  );

const soundBytes = (name: string): Uint8Array =>
  name in shards ? toShard(texts[name] ?? '', dataBytes(name)) : Buffer.from(texts[name] ?? '');

function toShard(header: string, data: number): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

function findNonsense({ tensors, tokenizer }: CheckpointFacts): string | undefined {
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    if (typeof dtype !== 'string' || name === '__metadata__') return `the tensor ${name}`;
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      return `the shape of ${name}`;
  }
  const size = tokenizer?.size;
  if (size !== undefined && !Number.isSafeInteger(size)) return `a vocabulary of ${size}`;
  return undefined;
}
