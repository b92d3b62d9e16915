import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { knownKeysAt, renderJsonSchema, sweepJsonSchema } from './json-schema.js';
import { renderSweepFileReference } from './reference-page.js';

it('asks only for the keys that have no default', () => {
  expect(sweepJsonSchema.required).toEqual(['version', 'genome', 'tasks']);
  expect(sweepJsonSchema.additionalProperties).toBe(false);
  expect(renderJsonSchema()).toContain('"$schema": "http://json-schema.org/draft-07/schema#"');
});

it('is the schema that is committed beside the sweeps', () => {
  const committed = readFileSync(
    new URL('../../sweeps/sweep.schema.json', import.meta.url),
    'utf8',
  );
  expect(committed).toBe(renderJsonSchema());
});

it('knows the keys of mappings in lists, in unions and under free keys', () => {
  expect(knownKeysAt(['tasks', 'search', 3])).toContain('num_fewshot');
  expect(knownKeysAt(['genome', 'models', 0])).toEqual(['model', 'name', 'parameters']);
  expect(knownKeysAt(['genome', 'parameters', 'weight'])).toEqual(['min', 'max']);
  expect(knownKeysAt(['evaluation', 'args'])).toEqual([]);
  expect(knownKeysAt(['constructor'])).toEqual([]);
});

it('describes every key on the reference page', () => {
  const page = renderSweepFileReference();
  expect(page).toContain(
    '| `optimizer.max_trials` | integer ≥ 1, ≤ 100000 | `100` | up | Merges to try, exactly; baselines and confirmations come on top. |',
  );
  expect(page).toContain(
    '| `evaluation.args` | mapping of text or number or true or false | `{}` |',
  );
  const undescribed = page.split('\n').filter((line) => /^\| `.*\|\s+\|$/.test(line));
  expect(undescribed).toEqual([]);
});
