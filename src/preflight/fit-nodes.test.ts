import { expect, it } from 'vitest';
import { fitNodes } from './fit-nodes.js';
import type { MemoryPlan } from './memory-plan.js';

const plan: MemoryPlan = {
  ...{ parentsBytes: 54e9, modelBytes: 13.5e9, mergePeakBytes: 3e9, checkpointBytes: 13.5e9 },
  children: 2,
  ramBytes: { ram: 120e9, mapped: 24e9, cold: 24e9 },
  leastRamBytes: { ram: 150e9, mapped: 30e9, cold: 24e9 },
  vramPerModelBytes: 14.9e9,
  vramPerCardBytes: { warm: 30e9, cold: 15e9 },
};
const room = { name: 'h100-0', slots: 4, vramBytes: 80e9, ramBytes: 500e9, diskBytes: 1e12 };

it('finds nothing on a node that has what trials need, or does not say', () => {
  expect(fitNodes(plan, [room, { name: 'silent', slots: 1 }])).toEqual([]);
});

it('says of each node what it has too little of, with a way out', () => {
  const small = { ...room, name: 'small', vramBytes: 8e9, ramBytes: 16e9, diskBytes: 60e9 };
  const found = fitNodes(plan, [room, small]);
  expect(found.map(({ code, subject, message }) => `${code} ${subject}: ${message}`)).toEqual([
    'P070 small: a trial needs 14.9 GB of GPU memory there, the node has 8 GB',
    'P071 small: a trial needs 24 GB of RAM there, the node has 16 GB',
    // Four evaluate, the fifth is merged meanwhile.
    'P072 small: a trial needs 67.5 GB of disk there, the node has 60 GB',
  ]);
  expect(
    found.every(({ severity, waysOut }) => severity === 'warning' && waysOut.length === 1),
  ).toBe(true);
});
