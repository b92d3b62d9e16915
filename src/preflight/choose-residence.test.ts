import { expect, it } from 'vitest';
import { chooseResidence } from './choose-residence.js';
import { createLlamaFacts, llamaSizes } from './llama-facts.fixture.js';
import { planMemory, type MemorySetting } from './memory-plan.js';

const setting: MemorySetting = {
  mergeDtype: 'bfloat16',
  method: 'dare_ties',
  isOnCpu: false,
  isMergedOnCard: false,
  children: 2,
};
const base = createLlamaFacts(llamaSizes['7B']);
const plan = planMemory(base, [base, base, base], setting);
const { leastRamBytes, ramBytes } = plan;

it('parents are held in RAM only when those of all children fit in half of it', () => {
  expect(leastRamBytes.ram).toBe(2 * 2 * plan.parentsBytes);
  expect(chooseResidence(plan, leastRamBytes.ram)).toEqual({
    residence: 'ram',
    fits: true,
    reason: 'the parents of 2 processes, 108 GB, fit in half of the RAM',
  });
  expect(chooseResidence(plan, leastRamBytes.ram - 1)).toEqual({
    residence: 'mapped',
    fits: true,
    reason: 'held in RAM, the parents of 2 processes, 108 GB, want 216 GB available',
  });
});

it('parents are mapped while copies and merge fit in 80 % of the RAM', () => {
  expect(leastRamBytes.mapped).toBe(Math.ceil(ramBytes.mapped / 0.8));
  expect(chooseResidence(plan, leastRamBytes.mapped).residence).toBe('mapped');
  expect(chooseResidence(plan, leastRamBytes.mapped - 1)).toEqual({
    residence: 'cold',
    fits: true,
    reason: 'even with mapped parents, warm wants 31 GB available',
  });
});

it('small parents beside large copies are held only where everything fits in 80 % of the RAM', () => {
  const tight = planMemory(base, [], { ...setting, isOnCpu: true, evaluationDtype: 'float32' });
  expect(tight.leastRamBytes.ram).toBe(Math.ceil(tight.ramBytes.ram / 0.8));
});

it('RAM that is too small even for a cold merge is said to be', () => {
  expect(chooseResidence(plan, leastRamBytes.cold).fits).toBe(true);
  expect(chooseResidence(plan, leastRamBytes.cold - 1)).toMatchObject({ fits: false });
  expect(chooseResidence(plan, 4e9)).toEqual({
    residence: 'cold',
    fits: false,
    reason:
      'even with mapped parents, warm wants 31 GB available; merging the largest tensor takes 4.3 GB, more than the 4 GB available',
  });
});

it('an obstacle makes it cold, whatever the RAM', () => {
  expect(chooseResidence(plan, 1e15, 'evaluation.mode is cold')).toEqual({
    residence: 'cold',
    fits: true,
    reason: 'evaluation.mode is cold',
  });
});
