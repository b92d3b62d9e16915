import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { checkSweep } from '../client/check-sweep.js';
import { registerInit } from './init.js';
import { runVerb } from './run-verb.fixture.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mergesweep-init-'));
});

it('writes a sweep whose models and tasks are found from the new folder', async () => {
  const run = await runVerb(registerInit, ['init', 'my-merge'], root);
  expect(run.err).toBe(
    'Wrote my-merge/sweep.yaml, my-merge/sweep.schema.json\nNext: npx mergesweep check my-merge/sweep.yaml\n',
  );
  const path = join(root, 'my-merge', 'sweep.yaml');
  const report = await checkSweep(await readFile(path, 'utf8'), path, {});
  expect(report).toMatchObject({ status: 'ok', spec: { name: 'my-merge' } });
  expect(report.checked).toHaveLength(4);
});

it('writes the tasks that the 13B template needs beside it', async () => {
  await runVerb(registerInit, ['init', '.', '--template', 'dare-ties-13b'], root);
  expect((await readdir(join(root, 'tasks'))).sort()).toEqual([
    'gsm8k_search.yaml',
    'mmlu_search.yaml',
  ]);
  const path = join(root, 'sweep.yaml');
  expect((await checkSweep(await readFile(path, 'utf8'), path, {})).status).toBe('ok');
});

it('never overwrites, and then writes nothing at all', async () => {
  await writeFile(join(root, 'sweep.schema.json'), 'mine');
  await expect(runVerb(registerInit, ['init'], root)).rejects.toThrow(
    `${join(root, 'sweep.schema.json')}: there already, nothing was written. Choose another folder, or move the file`,
  );
  expect(await readdir(root)).toEqual(['sweep.schema.json']);
});

it('refuses a template that does not exist', async () => {
  await expect(runVerb(registerInit, ['init', '--template', 'nope'], root)).rejects.toThrow(
    /Allowed choices are tiny-cpu, dare-ties-13b/,
  );
});

it('says so where a file stands in the place of the folder', async () => {
  await writeFile(join(root, 'taken'), '');
  await expect(runVerb(registerInit, ['init', 'taken'], root)).rejects.toMatchObject({
    code: 'cannot_write',
  });
});
