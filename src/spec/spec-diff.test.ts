import { expect, it } from 'vitest';
import { diffSpecs } from './spec-diff.js';
import { edit, sweepText } from './sweep-text.fixture.js';

const paths = (before: string, after: string, pinned?: string): unknown[] =>
  diffSpecs(before, after, pinned).map(({ path, before: old, after: now }) => [path, old, now]);

it('names each field that differs, with both values', () => {
  const changed = edit(
    edit(sweepText, 'max: 0.8', 'max: 0.9'),
    'name: task_c',
    'name: task_c, limit: 5',
  );
  expect(paths(sweepText, changed)).toEqual([
    ['genome.parameters.weight.max', 0.8, 0.9],
    ['tasks.confirm.0.limit', undefined, 5],
  ]);
});

it('sees no difference in comments, written defaults, the name, and the long form of a parent', () => {
  const same = `# other words\nname: x\n${edit(sweepText, 'version: 1', 'version: 1\noptimizer: { max_trials: 100 }')}`;
  expect(diffSpecs(sweepText, same)).toEqual([]);
  const long = edit(sweepText, '- ../models/alpha', '- { model: ../models/alpha }');
  expect(diffSpecs(sweepText, long)).toEqual([]);
});

it('compares what can be read of a file that is no longer valid', () => {
  const diffs = paths(sweepText, edit(sweepText, 'version: 1', 'version: 3'));
  expect(diffs).toContainEqual(['version', 1, 3]);
  expect(diffSpecs('{', '{')).toEqual([]);
});

it('takes the pinned value of what neither text writes, and no other', () => {
  const pinned = edit(sweepText, 'version: 1', 'version: 1\nlimits: { attempts: 7 }');
  expect(paths(sweepText, `# same\n${sweepText}`, pinned)).toEqual([]);
  const written = edit(sweepText, 'version: 1', 'version: 1\nlimits: { attempts: 3 }');
  expect(paths(sweepText, written, pinned)).toEqual([['limits.attempts', 7, 3]]);
});
