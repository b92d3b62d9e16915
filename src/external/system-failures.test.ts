import { expect, it } from 'vitest';
import { MergesweepError, MissingToolError, StageFailedError } from '../errors.js';
import { toStageFailure } from './system-failures.js';

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: it failed, open '/work/a'`), { code, path: '/work/a' });

it.each([
  ['ENOSPC', 'disk_full', 'The disk of /work/a is full'],
  ['EDQUOT', 'disk_full', 'free space on it'],
  ['EROFS', 'disk_unusable', 'Expected to read and write /work/a'],
  ['EACCES', 'disk_unusable', 'mend its permissions'],
  ['EIO', 'disk_unusable', 'give the node another work folder'],
  ['EAGAIN', 'start_refused', 'raise `ulimit -u` and `ulimit -n`'],
  ['ENOMEM', 'start_refused', 'lower --slots'],
  ['EMFILE', 'start_refused', 'no room for another process or open file'],
])('%s of the system is %s, with advice', (code, failureClass, advice) => {
  const failure = toStageFailure(systemError(code));
  expect(failure.failureClass).toBe(failureClass);
  expect(failure.message).toContain(`${code}: it failed`);
  expect(failure.message).toContain(advice);
});

it('an error without a path is told of the work folder', () => {
  const error = Object.assign(new Error('write failed'), { code: 'ENOSPC' });
  expect(toStageFailure(error, '/work').message).toContain('The disk of /work is full');
});

it('what is known already stays as it is, and what is not is a crash', () => {
  const known = new StageFailedError('hang', 'it hung');
  expect(toStageFailure(known)).toBe(known);
  const classes = [
    new MissingToolError('tool_missing', 'no tool'),
    new MergesweepError('checkpoint_unreadable', 'bad'),
    new Error('new'),
    'a string',
    undefined,
  ].map((error) => toStageFailure(error).failureClass);
  expect(classes).toEqual(['tool_missing', 'configuration', 'crash', 'crash', 'crash']);
});
