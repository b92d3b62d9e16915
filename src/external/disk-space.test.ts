import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StageFailedError } from '../errors.js';
import { explainFullDisk, requireFreeSpace, spaceForMerge } from './disk-space.js';
import { encodeHeader, writeToyCheckpoint } from './toy-checkpoint.fixture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A base of 2,000,000,000,000 numbers whose file takes no space. */
async function writeHugeBase(): Promise<string> {
  const bytes = 8e12;
  const tensors = { w: { dtype: 'F32', shape: [2e12], data_offsets: [0, bytes] } };
  const header = encodeHeader(tensors, 0);
  const base = await writeToyCheckpoint({ files: { 'model.safetensors': header } }, `${folder}/m`);
  truncateSync(join(base, 'model.safetensors'), header.length + bytes);
  return base;
}

describe('the space for a merge', () => {
  it('is 1.2 times what the headers of the base make in the type that is written', async () => {
    const baseModel = await writeToyCheckpoint({}, join(folder, 'm'));
    const elements = 3 * 2 + 4 * 2 + 3 * 2;
    const dtype = 'float32';
    expect(await spaceForMerge({ baseModel, dtype })).toBe(Math.ceil(elements * 4 * 1.2));
    const half = { baseModel, dtype, outDtype: 'bfloat16' } as const;
    expect(await spaceForMerge(half)).toBe(Math.ceil(elements * 2 * 1.2));
  });

  it('is not known of a base that is not here', async () => {
    expect(await spaceForMerge({ baseModel: 'org/base', dtype: 'float32' })).toBe(0);
    expect(await spaceForMerge({ baseModel: join(folder, 'no'), dtype: 'float32' })).toBe(0);
  });

  it('must be there before: the failure names what is needed, what is free, and where', async () => {
    const recipe = { baseModel: await writeHugeBase(), dtype: 'bfloat16' } as const;
    await expect(requireFreeSpace(recipe, folder)).rejects.toMatchObject({
      failureClass: 'disk_full',
      message: expect.stringMatching(
        `^Expected 4800 GB free for the merge in ${folder}, got [\\d.]+ [GM]B: free space on the node`,
      ) as string,
    });
  });
});

it('a full disk that a tool met is told with what is needed, what is free, and where', async () => {
  const met = new StageFailedError('disk_full', 'No space left on device.', { logTail: 'tail' });
  const recipe = { baseModel: await writeHugeBase(), dtype: 'bfloat16' } as const;
  const told = await explainFullDisk(met, folder, recipe);
  expect(told).toMatchObject({ failureClass: 'disk_full', logTail: 'tail' });
  expect(told.message).toMatch(
    /^No space left on device\. The merge needs 4800 GB\. Without what the attempt wrote, [\d.]+ [GM]B are free in /,
  );
  expect(await explainFullDisk(told, folder, recipe)).toBe(told);
});
