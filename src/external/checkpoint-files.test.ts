import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpointFacts } from './checkpoint-files.js';
import {
  encodeHeader,
  encodeSafetensors,
  toyTensors,
  writeToyCheckpoint,
  type ToyCheckpoint,
} from './toy-checkpoint.fixture.js';

const read = async (toy: ToyCheckpoint) =>
  readCheckpointFacts(await writeToyCheckpoint(toy), 'toy');

describe('a checkpoint that is whole', () => {
  it('gives its config, tensors, tokenizer and card', async () => {
    const facts = await read({
      files: { 'README.md': '---\nlicense: mit\nbase_model: org/base\n---\n# Toy\n' },
      tokenizerConfig: { chat_template: '{{ x }}', bos_token: { content: '<s>' } },
    });
    expect(facts).toMatchObject({
      label: 'toy',
      config: { modelType: 'llama', layers: 1, heads: 2, keyValueHeads: 2, hasCustomCode: false },
      weights: 'safetensors',
      provenance: { baseModels: ['org/base'] },
      tokenizer: {
        className: 'LlamaTokenizer',
        size: 3,
        specialTokens: { eos_token: '</s>', bos_token: '<s>' },
      },
    });
    expect({ ...facts.tensors }).toEqual(toyTensors);
    expect(facts.tokenizer?.chatTemplateHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('may have several chat templates in one list', async () => {
    const templateOf = async (template: unknown) =>
      (await read({ tokenizerConfig: { chat_template: template } })).tokenizer?.chatTemplateHash;
    const named = (text: string) => [{ name: 'default', template: text }];
    expect(await templateOf(named('{{ x }}'))).toMatch(/^[0-9a-f]{64}$/);
    expect(await templateOf(named('{{ x }}'))).not.toBe(await templateOf(named('{{ y }}')));
  });

  it('may be in shards', async () => {
    const [first, ...rest] = Object.entries(toyTensors);
    const facts = await read({
      without: ['model.safetensors'],
      files: {
        'a.safetensors': encodeSafetensors(Object.fromEntries([first!])),
        'b.safetensors': encodeSafetensors(Object.fromEntries(rest)),
        'model.safetensors.index.json': JSON.stringify({
          weight_map: Object.fromEntries(
            Object.keys(toyTensors).map((name, index) => [
              name,
              index === 0 ? 'a.safetensors' : 'b.safetensors',
            ]),
          ),
        }),
      },
    });
    expect(Object.keys(facts.tensors)).toHaveLength(3);
  });

  it('has the same vocabulary hash from tokenizer.json and from a SentencePiece model', async () => {
    const piece = (text: string) =>
      Buffer.concat([
        Buffer.from([10, text.length + 7, 10, text.length]),
        Buffer.from(text),
        Buffer.from([21, 0, 0, 0, 0]),
      ]);
    const json = await read({ vocabulary: ['a', 'b', '</s>', '<pad>'] });
    const model = await read({
      without: ['tokenizer.json'],
      files: {
        'tokenizer.model': Buffer.concat([
          ...['a', 'b', '</s>'].map(piece),
          Buffer.from([18, 2, 8, 1]),
        ]),
        'added_tokens.json': '{"<pad>": 3}',
      },
    });
    expect(model.tokenizer?.size).toBe(4);
    expect(model.tokenizer?.vocabularyHash).toBe(json.tokenizer?.vocabularyHash);
  });

  it('is told apart from one with only pickles or no weights', async () => {
    const without = ['model.safetensors'];
    expect((await read({ without, files: { 'pytorch_model.bin': 'x' } })).weights).toBe('pickle');
    expect((await read({ without })).weights).toBe('none');
  });
});

describe('a checkpoint that is broken', () => {
  const whole = encodeSafetensors(toyTensors);
  const f32 = (begin: number, end: number, shape = [2]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const index = (name: unknown) => ({
    'model.safetensors.index.json': JSON.stringify({ weight_map: { w: name } }),
  });
  it.each<[string, ToyCheckpoint, RegExp]>([
    [
      'without config',
      { without: ['config.json'] },
      /config\.json: missing: expected the folder of a transformers model$/,
    ],
    [
      'that is an adapter',
      { without: ['config.json'], files: { 'adapter_config.json': '{}' } },
      /this is an adapter/,
    ],
    ['with a config that is no JSON', { files: { 'config.json': '{' } }, /config\.json: not JSON/],
    [
      'with a config that is a list',
      { files: { 'config.json': '[]' } },
      /config\.json: expected a JSON object$/,
    ],
    [
      'cut in its weights',
      { files: { 'model.safetensors': whole.subarray(0, whole.length - 4) } },
      /model\.safetensors: truncated: expected 80 bytes of tensors, got 76\. Download it again$/,
    ],
    [
      'cut in its header',
      { files: { 'model.safetensors': whole.subarray(0, 20) } },
      /truncated: expected at least \d+ bytes, got 20\. Download it again$/,
    ],
    [
      'cut at once',
      { files: { 'model.safetensors': 'abc' } },
      /truncated: expected at least 8 bytes, got 3/,
    ],
    [
      'with a huge header',
      { files: { 'model.safetensors': 'git lfs pointer' } },
      /header of \d+ bytes announced; at most 25000000 are read/,
    ],
    [
      'with a header that is no JSON',
      { files: { 'model.safetensors': Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 120]) } },
      /the header is not JSON/,
    ],
    [
      'with a header that is a list',
      { files: { 'model.safetensors': encodeHeader([], 0) } },
      /the header is not a JSON object/,
    ],
    [
      'with an odd entry',
      {
        files: {
          'model.safetensors': encodeHeader(
            { w: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } },
            4,
          ),
        },
      },
      /tensor w: expected dtype, shape and data_offsets/,
    ],
    [
      'with an entry nested so deep that it could not be written out',
      {
        files: {
          'model.safetensors': encodeText(
            `{"w": {"dtype": ${'['.repeat(50_000)}${']'.repeat(50_000)}, "shape": [1], "data_offsets": [0, 4]}}`,
          ),
        },
      },
      /tensor w: expected dtype, .* got dtype \[a list\], shape \[1\]/,
    ],
    [
      'with a size that does not fit',
      { files: { 'model.safetensors': encodeHeader({ w: f32(0, 4) }, 4) } },
      /tensor w: F32 \[2\] needs 8 bytes, its offsets span 4$/,
    ],
    [
      'with tensors that overlap',
      { files: { 'model.safetensors': encodeHeader({ v: f32(0, 8), w: f32(4, 12) }, 12) } },
      /tensor w starts at byte 4; expected 8: tensors overlap$/,
    ],
    [
      'with a gap',
      { files: { 'model.safetensors': encodeHeader({ v: f32(0, 8), w: f32(12, 20) }, 20) } },
      /leave a gap$/,
    ],
    [
      'with bytes that belong to nothing',
      { files: { 'model.safetensors': encodeHeader({ v: f32(0, 8) }, 12) } },
      /4 bytes after the last tensor belong to none$/,
    ],
    [
      'whose index leads out of the folder',
      { files: index('../other/model.safetensors') },
      /tensor w in "\.\.\/other\/model\.safetensors": expected the name of a \.safetensors file of this folder$/,
    ],
    ['whose index names no file', { files: index(3) }, /tensor w in 3: expected/],
    [
      'whose index holds something very deep',
      {
        files: {
          'model.safetensors.index.json': `{"weight_map": {"w": ${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
        },
      },
      /tensor w in what is no text: expected/,
    ],
    [
      'whose chat template is something very deep',
      {
        files: {
          'tokenizer_config.json': `{"chat_template": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
        },
      },
      /tokenizer_config\.json: expected `chat_template` as text or as a list of named texts, got one nested too deep$/,
    ],
    [
      'whose index has no map',
      { files: { 'model.safetensors.index.json': '{}' } },
      /expected `weight_map`/,
    ],
    [
      'whose shard is missing',
      { files: index('a.safetensors') },
      /a\.safetensors: missing, though the index names it/,
    ],
    [
      'whose shard lacks a tensor',
      { files: index('model.safetensors') },
      /tensor w missing, though the index places it there$/,
    ],
  ])('%s is refused', async (_title, toy, message) => {
    await expect(read(toy)).rejects.toThrow(message);
  });

  it('that is no folder is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mergesweep-toy-'));
    await writeFile(join(folder, 'file'), '');
    await expect(readCheckpointFacts(join(folder, 'nope'))).rejects.toThrow(/no such folder/);
    await expect(readCheckpointFacts(join(folder, 'file'))).rejects.toThrow(
      /expected the folder of a model, got a file/,
    );
  });
});

/** A file that is a header alone. */
function encodeText(header: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header)]);
}
