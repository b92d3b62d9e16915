import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearFormerWork, dropUnreleased } from '../src/external/work-folder.js';
import {
  activities,
  failureOf,
  folder,
  run,
  setFault,
  toolsCalled,
  work,
  workRoot,
} from './run-trial.fixture.js';

test('release drops the checkpoint and keeps the result, and twice is once', async () => {
  const first = await run();
  const acts = activities();
  const order = { trial: '7', node: 'n1', workKey: 'r-e', keep: false };
  await acts.releaseCheckpoint(order);
  await acts.releaseCheckpoint(order);
  expect(existsSync(work('checkpoint'))).toBe(false);
  expect(await run()).toEqual(first);
  await acts.releaseCheckpoint({ ...order, workKey: 'unknown' });
});

test('a promotion takes the merge over that its node has, and outlives its release', async () => {
  const acts = activities();
  const first = await run({}, acts);
  const holder = { node: 'n1', workKey: 'r-e' };
  const promotion = await run({ trial: '7r2', workKey: 'r-e2', holder }, acts);
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'lm_eval']);
  expect(promotion.checkpoint).toEqual(first.checkpoint);
  expect(promotion.seconds.merge).toBe(0);
  await acts.releaseCheckpoint({ trial: '7', node: 'n1', workKey: 'r-e', keep: false });
  expect(existsSync(work('checkpoint'))).toBe(false);
  expect(existsSync(join(workRoot(), 'r-e2', 'checkpoint', 'model.safetensors'))).toBe(true);
});

test.each([
  ['gone', () => ({ path: work('checkpoint', 'DONE'), text: '' })],
  ['torn', () => ({ path: work('checkpoint', 'model.safetensors'), text: 'x' })],
  ['of other inputs', () => ({ path: work('inputs.json'), text: '{"hash":"other"}' })],
])('a promotion is merged anew where the merge is %s', async (_, spoil) => {
  await run();
  const { path, text } = spoil();
  writeFileSync(path, text);
  const holder = { node: 'n1', workKey: 'r-e' };
  const promotion = await run({ trial: '7r2', workKey: 'r-e2', holder });
  expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval', 'mergekit-yaml', 'lm_eval']);
  expect(promotion.checkpoint?.files).toHaveProperty(['model.safetensors']);
});

test('a checkpoint whose release was lost goes after an hour, a kept one does not', async () => {
  await run();
  const age = (name: string) => {
    utimesSync(work(name), 1, 1);
  };
  const sweep = async () => {
    await clearFormerWork(workRoot());
    await dropUnreleased(workRoot());
    return existsSync(work('checkpoint', 'DONE'));
  };
  expect(await sweep()).toBe(true);
  age('result.json');
  await activities().releaseCheckpoint({ trial: '7', node: 'n1', workKey: 'r-e', keep: true });
  expect(await sweep()).toBe(true);
  rmSync(work('KEEP'));
  expect(await sweep()).toBe(false);
  expect(existsSync(work('result.json'))).toBe(true);
  await dropUnreleased(join(folder, 'nowhere'));
});

test('a merge that was never evaluated goes when its node starts anew, and not under it', async () => {
  setFault({ lm_eval: 'exit' });
  await failureOf();
  utimesSync(work('checkpoint', 'DONE'), 1, 1);
  await dropUnreleased(workRoot());
  expect(existsSync(work('checkpoint', 'DONE'))).toBe(true);
  await clearFormerWork(workRoot());
  expect(existsSync(work('checkpoint'))).toBe(false);
});
