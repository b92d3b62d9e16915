import { expect, it } from 'vitest';
import { describeSpecChange, diffSpecs } from './spec-diff.js';
import { edit, sweepText } from './sweep-text.fixture.js';

it('names each field that differs, with both values', () => {
  const changed = edit(
    edit(sweepText, 'max: 0.8', 'max: 0.9'),
    'name: task_c',
    'name: task_c, limit: 5',
  );
  expect(describeSpecChange('demo', sweepText, changed).split('\n')).toEqual([
    expect.stringContaining('demo was started with another sweep file'),
    '  genome.parameters.weight.max: 0.8 → 0.9',
    '  tasks.confirm.0.limit: (not set) → 5',
    expect.stringContaining('--name demo-2'),
  ]);
});

it('sees no difference in comments, written defaults and the name', () => {
  const same = `# other words\nname: x\n${edit(sweepText, 'version: 1', 'version: 1\noptimizer: { max_trials: 100 }')}`;
  expect(diffSpecs(sweepText, same)).toEqual([]);
});

it('compares what can be read of a file that is no longer valid', () => {
  const diffs = diffSpecs(sweepText, edit(sweepText, 'version: 1', 'version: 3'));
  expect(diffs).toContainEqual({ path: 'version', before: 1, after: 3 });
  expect(diffSpecs('{', '{')).toEqual([]);
});
