import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { SweepMemory } from '../client/plan-sweep-memory.js';
import { renderMemory } from './render-memory.js';

const memory: SweepMemory = {
  availableRamBytes: 64e9,
  slots: 1,
  plan: {
    parentsBytes: 54e9,
    modelBytes: 13.5e9,
    mergePeakBytes: 4.3e9,
    checkpointBytes: 13.5e9,
    children: 2,
    ramBytes: { ram: 133e9, mapped: 25e9, cold: 24e9 },
    leastRamBytes: { ram: 216e9, mapped: 31e9, cold: 11e9 },
    vramPerModelBytes: 14.8e9,
    vramPerCardBytes: { warm: 29.6e9, cold: 14.8e9 },
  },
  choice: { residence: 'ram', fits: true, reason: 'they fit' },
};
const lines = (changes: Partial<SweepMemory> = {}) =>
  renderMemory({ ...memory, ...changes }, pc.createColors(false));

it('says the way, the RAM that it takes, and the GPU memory of one and of two copies', () => {
  expect(lines()).toEqual([
    '  memory      warm, parents in RAM: 133 GB of RAM for 1 slot, 64 GB available here',
    '              base and parents 54 GB, a model copy 13.5 GB: 14.8 GB of GPU memory (29.6 GB where the next merge is made) and the KV cache',
  ]);
});

it('says why it is not the fastest way', () => {
  const choice = { residence: 'mapped', fits: true, reason: 'the parents do not fit' } as const;
  expect(lines({ choice, slots: 4 }).slice(0, 2)).toEqual([
    '  memory      warm, parents mapped: 25 GB of RAM for 4 slots, 64 GB available here',
    '              the parents do not fit',
  ]);
});

it('marks a sweep that does not fit; cold, a card holds one copy', () => {
  const choice = { residence: 'cold', fits: false, reason: 'nothing fits' } as const;
  expect(lines({ choice })).toEqual([
    '! memory      cold: 24 GB of RAM for 1 slot, 64 GB available here',
    '              nothing fits',
    '              base and parents 54 GB, a model copy 13.5 GB: 14.8 GB of GPU memory and the KV cache',
  ]);
});

it('says that it is not known without headers', () => {
  expect(renderMemory(undefined, pc.createColors(false))).toEqual([
    '? memory      not known here: it takes the headers of every model',
  ]);
});
