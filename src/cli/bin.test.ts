import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findProjectRoot } from '../config.js';

let folder = '';
let bin = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mergesweep-bin-test-'));
  bin = join(folder, 'bin', 'mergesweep.js');
  await cp(join(findProjectRoot(), 'bin', 'mergesweep.js'), bin);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('names the command that builds it when it is not built', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'ls'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe(
    'error not_built mergesweep is not built yet; run `npm run build` in its folder\n',
  );
});

it('runs what is built, and hides no fault of it', async () => {
  const main = join(folder, 'dist', 'src', 'cli', 'main.js');
  await mkdir(join(main, '..'), { recursive: true });
  await writeFile(main, 'export const main = () => console.log("built")');
  expect(execFileSync(process.execPath, [bin], { encoding: 'utf8' })).toBe('built\n');
  await writeFile(main, 'import "./missing.js"; export const main = () => {}');
  const { status, stderr } = spawnSync(process.execPath, [bin], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('missing.js');
});
