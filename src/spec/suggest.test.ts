import { expect, it } from 'vitest';
import { suggest } from './suggest.js';

const keys = ['merge_method', 'base_model', 'models', 'population_size', 'min', 'max'];

it.each([
  ['merge_metod', 'merge_method'],
  ['base-model', 'base_model'],
  ['modles', 'models'],
  ['mxa', 'max'],
  ['popsize', 'population_size'],
  ['xyzzy', undefined],
  ['constructor', undefined],
])('%s → %s', (word, expected) => {
  expect(suggest(word, keys)).toBe(expected);
});
