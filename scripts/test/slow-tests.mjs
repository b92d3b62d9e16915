/** The tests that `npm test` has no time for: it runs one of them, another one each day. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const dayMs = 86_400_000;

/** pytest's `slow` marker, and the files of test/slow. */
export function listSlowTests(root, python, env) {
  const collected = spawnSync(
    python,
    ['-m', 'pytest', '-m', 'slow', '--collect-only', '-q', '--no-header'],
    {
      cwd: join(root, 'python'),
      encoding: 'utf8',
      env,
    },
  );
  // 5 is pytest's exit code for none.
  if (collected.status !== 0 && collected.status !== 5) {
    throw new Error(
      `pytest could not list the slow tests:\n${collected.stdout}${collected.stderr}`,
    );
  }
  const ids = collected.stdout.split('\n').filter((line) => /^tests\/.*::/.test(line));
  const folder = join(root, 'test', 'slow');
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.test.ts'))
        .sort()
    : [];
  return [
    ...ids.map((id) => ({ runner: 'pytest', id })),
    ...files.map((name) => ({ runner: 'vitest', id: `test/slow/${name}` })),
  ];
}

/** MERGESWEEP_TEST_SEED, a whole number; else the day (UTC), so that the sample rotates. */
export function readSampleSeed(env, now = Date.now()) {
  const given = env.MERGESWEEP_TEST_SEED;
  if (given === undefined || given === '') return Math.floor(now / dayMs);
  if (!/^\d{1,15}$/.test(given)) {
    throw new Error(
      `MERGESWEEP_TEST_SEED=${given}: expected a whole number, as an earlier run printed it`,
    );
  }
  return Number(given);
}

export const sampleSlowTests = (tests, seed) =>
  tests.length === 0 ? [] : [tests[seed % tests.length]];
