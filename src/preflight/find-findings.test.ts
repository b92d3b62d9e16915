import { describe, expect, it } from 'vitest';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { edit, sweepPath, sweepText } from '../spec/sweep-text.fixture.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { CheckpointFacts, TensorFacts } from './checkpoint-facts.js';
import { findFindings } from './find-findings.js';

function specOf(text = sweepText): SweepSpec {
  const parsed = parseSweepSpec(text, sweepPath);
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
  return parsed.spec;
}
const tensor = (shape: number[], dtype = 'BF16'): TensorFacts => ({ shape, dtype });
const base: CheckpointFacts = {
  label: 'base',
  directory: '/models/base',
  config: {
    modelType: 'llama',
    architecture: 'LlamaForCausalLM',
    layers: 2,
    hiddenSize: 8,
    heads: 4,
    keyValueHeads: 2,
    intermediateSize: 16,
    vocabSize: 32,
    tiesEmbeddings: false,
    dtype: 'bfloat16',
    hasCustomCode: false,
  },
  tokenizer: {
    className: 'LlamaTokenizer',
    size: 32,
    vocabularyHash: 'v1',
    specialTokens: { eos_token: '</s>' },
  },
  tensors: {
    'model.embed_tokens.weight': tensor([32, 8]),
    'a.weight': tensor([8, 8]),
    'b.weight': tensor([8, 8]),
    'c.weight': tensor([8, 8]),
    'd.weight': tensor([8, 8]),
  },
  weights: 'safetensors',
  provenance: { baseModels: [] },
};
const parent: CheckpointFacts = { ...base, label: 'alpha', directory: '/models/alpha' };
const withConfig = (config: Partial<CheckpointFacts['config']>): CheckpointFacts => ({
  ...parent,
  config: { ...base.config, ...config },
});
const withTokenizer = (
  tokenizer: Partial<NonNullable<CheckpointFacts['tokenizer']>>,
): CheckpointFacts => ({ ...parent, tokenizer: { ...base.tokenizer!, ...tokenizer } });
const withTensors = (
  tensors: Record<string, TensorFacts>,
  without: string[] = [],
): CheckpointFacts => ({
  ...parent,
  tensors: Object.fromEntries(
    Object.entries({ ...base.tensors, ...tensors }).filter(([name]) => !without.includes(name)),
  ),
});
const lines = (
  facts: CheckpointFacts,
  spec = specOf(),
  reference: CheckpointFacts | undefined = base,
): string[] =>
  findFindings(reference, [facts], spec).map(
    ({ severity, code, subject, message }) => `${severity} ${code} ${subject}: ${message}`,
  );

it('a fine-tune that fits its base has no findings', () => {
  expect(lines(parent)).toEqual([]);
});

it('every finding names a way out', () => {
  const findings = findFindings(
    base,
    [{ ...withConfig({ layers: 3, hasCustomCode: true }), weights: 'pickle' }],
    specOf(),
  );
  expect(findings.length).toBeGreaterThan(2);
  for (const { waysOut } of findings) expect(waysOut.length).toBeGreaterThan(0);
});

describe('a parent that does not fit', () => {
  const { tokenizer: _tokenizer, ...bare } = parent;
  it.each<[string, CheckpointFacts, string[]]>([
    [
      'another architecture',
      withConfig({ modelType: 'mistral', architecture: 'MistralForCausalLM', layers: 9 }),
      [
        'error P020 alpha: architecture is MistralForCausalLM (mistral); the base has LlamaForCausalLM (llama)',
      ],
    ],
    ['other layers', withConfig({ layers: 3 }), ['error P021 alpha: 3 layers; the base has 2']],
    [
      'other sizes',
      withConfig({ hiddenSize: 16, keyValueHeads: 4 }),
      [
        'error P022 alpha: hidden_size is 16, the base has 8; num_key_value_heads is 4, the base has 2',
      ],
    ],
    [
      'another tying of embeddings',
      withConfig({ tiesEmbeddings: true }),
      [
        'warning P023 alpha: tie_word_embeddings is true; the base has false, and the merge follows the base',
      ],
    ],
    [
      'custom code',
      withConfig({ hasCustomCode: true }),
      [
        'error P011 alpha: config.json has `auto_map`: the model wants to run Python code of its own repository',
      ],
    ],
    [
      'quantized weights',
      withConfig({ quantization: 'gptq' }),
      ["error P013 alpha: weights are quantized (gptq): they can't be added up"],
    ],
    [
      'only pickles',
      { ...parent, weights: 'pickle', tensors: {} },
      [
        'error P010 alpha: weights as pickle (.bin, .pt, .pth), which can run code when they are opened',
      ],
    ],
    [
      'no weights',
      { ...parent, weights: 'none', tensors: {} },
      ['error P012 alpha: no weights (*.safetensors) in /models/alpha'],
    ],
    [
      'tensors missing',
      withTensors({}, ['a.weight', 'b.weight', 'c.weight', 'd.weight']),
      ['error P030 alpha: 4 tensors of the base missing: a.weight; b.weight; c.weight; and 1 more'],
    ],
    [
      'a tensor too many',
      withTensors({
        'e.weight': tensor([1]),
        'model.layers.0.self_attn.rotary_emb.inv_freq': tensor([4]),
      }),
      ['warning P031 alpha: 1 tensor that the base lacks, left out of the merge: e.weight'],
    ],
    [
      'a tensor of another shape',
      withTensors({ 'b.weight': tensor([8, 4]) }),
      ['error P032 alpha: 1 tensor of another shape: b.weight [8, 4], base [8, 8]'],
    ],
    [
      'a tensor of another type',
      withTensors({ 'b.weight': tensor([8, 8], 'F32') }),
      ['warning P033 alpha: 1 tensor of another type: b.weight F32, base BF16'],
    ],
    [
      'a larger vocabulary',
      withTokenizer({ size: 31, vocabularyHash: 'v2' }),
      ['error P040 alpha: vocabulary of 31 tokens; the base has 32'],
    ],
    [
      'a shuffled vocabulary',
      withTokenizer({ vocabularyHash: 'v2' }),
      [
        'error P041 alpha: vocabulary of 32 tokens like the base, but other tokens or another order',
      ],
    ],
    [
      'another tokenizer class',
      withTokenizer({ className: 'GPT2Tokenizer' }),
      ['error P042 alpha: tokenizer class is GPT2Tokenizer; the base has LlamaTokenizer'],
    ],
    ['the fast form of the same class', withTokenizer({ className: 'LlamaTokenizerFast' }), []],
    [
      'other special tokens',
      withTokenizer({ specialTokens: { eos_token: '<|end|>', pad_token: '<pad>' } }),
      [
        'warning P043 alpha: eos_token is `<|end|>`, the base has `</s>`; pad_token is `<pad>`, the base has none',
      ],
    ],
    [
      'a chat template',
      withTokenizer({ chatTemplateHash: 'c' }),
      [
        "warning P044 alpha: its chat template is missing from the base, and the merged model gets the base's",
      ],
    ],
    ['no tokenizer', bare, ['warning P045 alpha: no tokenizer files']],
    [
      'more tokens than rows',
      withTensors({ 'model.embed_tokens.weight': tensor([30, 8]) }),
      [
        'error P046 alpha: 30 embedding rows for a vocabulary of 32 tokens: ids above 29 have no row',
        'error P032 alpha: 1 tensor of another shape: model.embed_tokens.weight [30, 8], base [32, 8]',
      ],
    ],
  ])('%s', (_title, facts, expected) => {
    expect(lines(facts)).toEqual(expected);
  });
});

it('a vocabulary that tokenizer_source aligns is a warning, and its rows are none', () => {
  const spec = specOf(edit(sweepText, 'dare_ties', 'dare_ties\n  tokenizer_source: union'));
  const facts = {
    ...withTensors({ 'model.embed_tokens.weight': tensor([33, 8]) }),
    tokenizer: { ...base.tokenizer!, size: 33, vocabularyHash: 'v2' },
  };
  expect(lines(facts, spec)).toEqual([
    'warning P040 alpha: vocabulary of 33 tokens; the base has 32; aligned by tokenizer_source `union`',
  ]);
});

it('a tied model may store lm_head or not', () => {
  const tied = {
    ...base,
    config: { ...base.config, tiesEmbeddings: true },
    tensors: { ...base.tensors, 'lm_head.weight': tensor([32, 8]) },
  };
  expect(lines(withConfig({ tiesEmbeddings: true }), specOf(), tied)).toEqual([]);
});

it('a set chat_template makes differing templates no matter', () => {
  const spec = specOf(edit(sweepText, 'dare_ties', 'dare_ties\n  chat_template: auto'));
  expect(lines(withTokenizer({ chatTemplateHash: 'c' }), spec)).toEqual([]);
});

it('a card that names another base is a warning where the base is a Hub model', () => {
  const spec = specOf(edit(sweepText, '../models/base', 'org/base@v1'));
  const from = (...baseModels: string[]): CheckpointFacts => ({
    ...parent,
    provenance: { baseModels },
  });
  expect(lines(from('ORG/Base'), spec)).toEqual([]);
  expect(lines(from('org/other'), spec)).toEqual([
    'warning P050 alpha: its model card names org/other as base model; the sweep uses org/base',
  ]);
});

it('without the base, parents are compared with the first of them', () => {
  const beta = { ...withConfig({ layers: 3 }), label: 'beta' };
  const findings = findFindings(undefined, [parent, beta], specOf());
  expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual(['P021 beta']);
});

it('a base without tokenizer is an error', () => {
  const { tokenizer: _tokenizer, ...bare } = base;
  expect(findFindings(bare, [], specOf())[0]).toMatchObject({
    code: 'P045',
    severity: 'error',
    subject: 'base',
  });
});
