import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findCard, listCards, parseCards } from './nvidia-smi.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A PATH on which nvidia-smi is this script. */
function fake(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'smi-'));
  folders.push(folder);
  const path = join(folder, 'nvidia-smi');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

describe('listCards', () => {
  it('asks for index, UUID, name and memory without units', async () => {
    const PATH = fake(
      `[ "$*" = "--query-gpu=index,uuid,name,memory.total --format=csv,noheader,nounits" ] || exit 2
       echo "0, GPU-1f, NVIDIA H100 80GB HBM3, 81559"`,
    );
    expect(await listCards({ PATH })).toEqual([
      { index: '0', uuid: 'GPU-1f', name: 'NVIDIA H100 80GB HBM3', vramBytes: 81559 * 2 ** 20 },
    ]);
  });

  it('finds none where nvidia-smi fails or is not there', async () => {
    const PATH = fake('echo "NVIDIA-SMI has failed"; exit 9');
    expect(await listCards({ PATH })).toEqual([]);
    expect(await listCards({ PATH: '/nowhere' })).toEqual([]);
  });
});

describe('parseCards', () => {
  it('leaves out what the driver does not tell, and lines that are no cards', () => {
    expect(
      parseCards('0, GPU-a, Tesla, X, [N/A]\n\nNo devices were found\n1, GPU-b, T4, '),
    ).toEqual([
      { index: '0', uuid: 'GPU-a', name: 'Tesla, X' },
      { index: '1', uuid: 'GPU-b', name: 'T4' },
    ]);
  });
});

describe('findCard', () => {
  it('takes an index, a UUID or its beginning, as CUDA_VISIBLE_DEVICES does', () => {
    const cards = parseCards('0, GPU-aa1, T4, 1\n1, GPU-ab2, T4, 1');
    const find = (id: string) => findCard(cards, id)?.index;
    expect([find('1'), find('GPU-ab2'), find('GPU-aa')]).toEqual(['1', '1', '0']);
    expect([find('7'), find('MIG-1')]).toEqual([undefined, undefined]);
  });
});
