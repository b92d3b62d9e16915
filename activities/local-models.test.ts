import { expect, it } from 'vitest';
import { makeRun } from '../workflows/trial.fixture.js';
import { withLocalModels } from './local-models.js';

const folders = { 'org/base': '/cache/base', 'org/a@main': '/cache/a' };
const recipe = {
  method: 'dare_ties',
  baseModel: 'org/base',
  models: [
    { label: 'a', model: 'org/a@main', parameters: {} },
    { label: 'b', model: '/models/b', parameters: {} },
  ],
  parameters: {},
  dtype: 'float32',
  tokenizerSource: 'org/base',
  seed: 1,
} as const;

it('every model of a trial becomes the folder that it lies in', () => {
  const run = makeRun('1', {
    subject: { kind: 'merge', recipe },
    evaluator: {
      ...{ mode: 'auto', baseModel: 'org/base', models: ['org/base', 'org/a@main', '/models/b'] },
      ...{ dtype: 'float32', isVerified: true },
    },
  });
  const local = withLocalModels(run, folders);
  expect(JSON.stringify(local)).not.toContain('org/');
  expect(local.evaluator?.models).toEqual(['/cache/base', '/cache/a', '/models/b']);
  expect(local).toMatchObject({ workKey: run.workKey, subject: { recipe: { seed: 1 } } });
});

it('a model that is scored as it is, too; and a trial without Hub models stays as it is', () => {
  const subject = { kind: 'model', label: 'base', model: 'org/base' } as const;
  expect(withLocalModels(makeRun('b3', { subject }), folders).subject).toEqual({
    ...subject,
    model: '/cache/base',
  });
  const run = makeRun('1', { subject });
  expect(withLocalModels(run, {})).toBe(run);
});
