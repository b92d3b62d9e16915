import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseCards } from '../external/nvidia-smi.js';
import { chooseGpus, parseGpus, readNodeFacts } from './node-facts.js';

const cards = parseCards('0, GPU-aa, H100, 81559\n1, GPU-bb, H100, 81559');
const tools = { mergekitYaml: 'm', lmEval: 'l', python: '/nowhere/python', temporal: 't' };

describe('readNodeFacts', () => {
  it('tells cards, memory, disk and cores, though the tools do not answer', async () => {
    const options = { gpus: ['1', 'MIG-7'], cards, gpusPerTrial: 1, workRoot: tmpdir(), tools };
    expect(await readNodeFacts({ ...options, diskQuotaBytes: 5 })).toMatchObject({
      gpus: [{ id: '1', name: 'H100', vramBytes: 81559 * 2 ** 20 }, { id: 'MIG-7' }],
      ...{ gpusPerTrial: 1, diskQuotaBytes: 5, versions: {} },
      ramBytes: expect.any(Number) as number,
      cores: expect.any(Number) as number,
    });
    const { diskFreeBytes } = await readNodeFacts(options);
    expect(diskFreeBytes).toBeGreaterThan(0);
  });
});

describe('chooseGpus', () => {
  it('takes all cards, those that CUDA_VISIBLE_DEVICES leaves, or those that were named', () => {
    expect(chooseGpus(undefined, cards, {})).toEqual(['0', '1']);
    expect(chooseGpus(undefined, cards, { CUDA_VISIBLE_DEVICES: 'GPU-bb' })).toEqual(['GPU-bb']);
    expect(chooseGpus(undefined, cards, { CUDA_VISIBLE_DEVICES: '' })).toEqual([]);
    expect(chooseGpus(['0'], cards, { CUDA_VISIBLE_DEVICES: '1' })).toEqual(['0']);
  });
  it('refuses a card that is not there, where nvidia-smi knows', () => {
    expect(() => chooseGpus(['0', '7'], cards, {})).toThrow(
      '--gpus 0,7: expected cards of this machine, got 7; nvidia-smi lists 0, 1.',
    );
    expect(chooseGpus(['7'], [], {})).toEqual(['7']);
    expect(chooseGpus(['MIG-7'], cards, {})).toEqual(['MIG-7']);
  });
});

describe('parseGpus', () => {
  it('takes numbers and UUIDs', () => {
    expect(parseGpus('0, 3')).toEqual(['0', '3']);
    expect(parseGpus('GPU-1f-2,MIG-3')).toEqual(['GPU-1f-2', 'MIG-3']);
  });
  it.each(['', '0,', '0,0', 'all', '-1'])('refuses %j', (text) => {
    expect(() => parseGpus(text)).toThrow(/expected numbers or UUIDs of cards, each once/);
  });
});
