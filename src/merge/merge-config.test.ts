import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { StageFailedError } from '../errors.js';
import { renderBestConfig } from './best-config.js';
import { fingerprintRecipe } from './fingerprint.js';
import { renderMergekitConfig } from './merge-config.js';
import { mergekitArguments } from './mergekit-arguments.js';
import type { MergeRecipe } from './recipe.js';

const recipe: MergeRecipe = {
  method: 'dare_ties',
  baseModel: '/zoo/base model: #1',
  models: [
    { label: 'b', model: '/zoo/spec-b', parameters: { weight: 0.1 + 0.2, density: 0.5 } },
    { label: 'a', model: '-org/a@abc', parameters: { weight: 1e-7, density: 0.999 } },
  ],
  parameters: { lambda: 1.5, normalize: false },
  dtype: 'bfloat16',
  seed: 42,
};
const plain = { cuda: false, lowCpuMemory: false, args: {} };

test('the rendered config is what the recipe says, bit for bit, in its order', () => {
  expect(parse(renderMergekitConfig(recipe))).toEqual({
    merge_method: 'dare_ties',
    base_model: '/zoo/base model: #1',
    models: [
      { model: '/zoo/spec-b', parameters: { weight: 0.1 + 0.2, density: 0.5 } },
      { model: '-org/a@abc', parameters: { weight: 1e-7, density: 0.999 } },
    ],
    parameters: { lambda: 1.5, normalize: false },
    dtype: 'bfloat16',
  });
});

test('optional fields are written only when they are set', () => {
  const text = renderMergekitConfig({ ...recipe, parameters: {}, outDtype: 'float16' });
  expect(Object.keys(parse(text) as object)).toEqual([
    'merge_method',
    'base_model',
    'models',
    'dtype',
    'out_dtype',
  ]);
});

test('small numbers are written so that PyYAML reads numbers, not strings', () => {
  // PyYAML takes 1e-7 for a string: it wants a dot in the mantissa.
  expect(renderMergekitConfig(recipe)).toMatch(/weight: 1\.0e-7/);
});

test.each([NaN, Infinity, -Infinity])('a parameter of %s is refused with its name', (value) => {
  const [first] = recipe.models;
  const bad = { ...recipe, models: [{ ...first!, parameters: { weight: value } }] };
  expect(() => renderMergekitConfig(bad)).toThrow(/models\.b\.weight, got -?(NaN|Infinity)/);
  expect(() => renderMergekitConfig(bad)).toThrow(StageFailedError);
});

test('the seed is always given, and CUDA only on a node that has it', () => {
  const options = { cuda: true, lowCpuMemory: true, args: {} };
  const common = ['c', 'o', '--random-seed=42', '--lazy-unpickle', '--copy-tokenizer'];
  expect(mergekitArguments('c', 'o', recipe, options, 'cpu')).toEqual([
    ...common,
    '--no-write-model-card',
  ]);
  expect(mergekitArguments('c', 'o', recipe, options, 'cuda')).toEqual([
    ...common,
    '--no-write-model-card',
    '--cuda',
    '--low-cpu-memory',
  ]);
});

test('further flags are one word each, so a value stays a value', () => {
  const args = {
    gpu_rich: true,
    out_shard_size: '1B',
    async_write: false,
    write_threads: '-rf; $(id)',
  };
  expect(mergekitArguments('c', 'o', recipe, { ...plain, args }, 'cpu').slice(6)).toEqual([
    '--gpu-rich',
    '--out-shard-size=1B',
    '--no-async-write',
    '--write-threads=-rf; $(id)',
  ]);
});

test.each([
  ['random_seed'],
  ['copy-tokenizer'],
  ['trust_remote_code'],
  ['no_safe_serialization'],
  ['x y'],
  ['-v'],
  [''],
])('the flag %j is refused', (key) => {
  const options = { ...plain, args: { [key]: 1 } };
  expect(() => mergekitArguments('c', 'o', recipe, options, 'cpu')).toThrow(/merge\.args/);
});

test('the fingerprint changes with the seed, the order of models and a value, not with labels', () => {
  const [first, second] = recipe.models;
  const same = { ...recipe, models: [{ ...first!, label: 'other' }, second!] };
  expect(fingerprintRecipe(same)).toBe(fingerprintRecipe(recipe));
  expect(fingerprintRecipe(recipe)).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    { ...recipe, seed: 43 },
    { ...recipe, models: [second!, first!] },
    { ...recipe, dtype: 'float32' },
    { ...recipe, parameters: { ...recipe.parameters, lambda: 1.5000000000000002 } },
  ].map(fingerprintRecipe);
  expect(new Set([...others, fingerprintRecipe(recipe)]).size).toBe(5);
});

test('the best config is the same merge under a comment that says how to rebuild it', () => {
  const text = renderBestConfig(recipe, {
    sweep: 'demo\nmerge_method: evil',
    trial: '7',
    mergeOptions: { ...plain, args: { out_shard_size: "it's" } },
    deviceClass: 'cpu',
    scores: [
      { split: 'search', task: 't', metric: 'acc,none', value: 0.5, stderr: 0.01 },
      { split: 'confirm', task: 'u', metric: 'bits_per_byte,none', value: 1 },
    ],
    files: { 'model.safetensors': 'ab12' },
    versions: { mergekit: '0.1.5' },
  });
  expect(parse(text)).toEqual(parse(renderMergekitConfig(recipe)));
  expect(text.split('\n').slice(0, 7)).toEqual([
    '# Best merge of the sweep demo merge_method: evil: trial 7, seed 42, merged on cpu.',
    '#   search: t acc,none 0.5000 ± 0.0100',
    '#   confirm: u bits_per_byte,none 1.0000',
    '# Made with mergekit 0.1.5.',
    '# Rebuild it, where OUT is a new folder:',
    "#   mergekit-yaml best_config.yaml OUT --random-seed=42 --lazy-unpickle --copy-tokenizer --no-write-model-card '--out-shard-size=it'\\''s'",
    '# SHA-256 of model.safetensors: ab12',
  ]);
});
