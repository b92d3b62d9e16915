import { expect, it } from 'vitest';
import { nameWorker } from './run-worker.js';

it('names a worker by pool, cards and folder, so that two on one machine differ', () => {
  const name = (traits: Partial<Parameters<typeof nameWorker>[1]>) =>
    nameWorker((suffix) => suffix, {
      ...{ pool: undefined, gpus: undefined, workDir: undefined },
      ...traits,
    });
  expect(name({})).toBe('all');
  expect(name({ pool: 'h100', gpus: ['0', '1'] })).toBe('h100-gpu0-1');
  expect(name({ workDir: '/a' })).toMatch(/^all-[0-9a-f]{6}$/);
  expect(name({ workDir: '/a' })).not.toBe(name({ workDir: '/b' }));
});
