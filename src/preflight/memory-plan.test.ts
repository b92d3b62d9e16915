import { describe, expect, it } from 'vitest';
import type { CheckpointFacts, TensorFacts } from './checkpoint-facts.js';
import { planMemory, type MemorySetting } from './memory-plan.js';

const tensor = (dtype: string, ...shape: number[]): TensorFacts => ({ dtype, shape });
/** 1,000 numbers, the largest tensor has 600. */
const model = (dtype: string, tiesEmbeddings = false): CheckpointFacts => ({
  label: 'base',
  directory: '/models/base',
  config: { tiesEmbeddings, hasCustomCode: false },
  tensors: {
    'model.embed_tokens.weight': tensor(dtype, 30, 10),
    'model.layers.0.mlp.up_proj.weight': tensor(dtype, 60, 10),
    'lm_head.weight': tensor(dtype, 10, 10),
  },
  weights: 'safetensors',
  provenance: { baseModels: [] },
});
const setting: MemorySetting = {
  mergeDtype: 'bfloat16',
  method: 'dare_ties',
  isOnCpu: false,
  isMergedOnCard: false,
  children: 2,
};
const base = model('BF16');
const parents = [base, base, base];
const plan = (changes: Partial<MemorySetting> = {}, own = base, others = parents) =>
  planMemory(own, others, { ...setting, ...changes });

it('parents are counted as they are stored, the base among them', () => {
  expect(plan().parentsBytes).toBe(4 * 2_000);
  expect(plan({}, base, [model('F32'), base]).parentsBytes).toBe(2_000 + 4_000 + 2_000);
});

it.each([
  ['F64', 8_000],
  ['F8_E4M3', 1_000],
  ['F6_E2M3', 750],
  ['I64', 8_000],
  ['BOOL', 1_000],
])('a tensor of type %s takes what the format says', (dtype, bytes) => {
  expect(plan({}, model(dtype), []).parentsBytes).toBe(bytes);
});

it('a checkpoint has out_dtype, else dtype; a model in memory the type of the evaluation', () => {
  const sizes = (changes: Partial<MemorySetting>) => {
    const { checkpointBytes, modelBytes } = plan(changes);
    return [checkpointBytes, modelBytes];
  };
  expect(sizes({})).toEqual([2_000, 2_000]);
  expect(sizes({ mergeDtype: 'float32' })).toEqual([4_000, 4_000]);
  expect(sizes({ mergeDtype: 'float32', outDtype: 'bfloat16' })).toEqual([2_000, 2_000]);
  expect(sizes({ evaluationDtype: 'float32' })).toEqual([2_000, 4_000]);
  expect(sizes({ evaluationDtype: 'torch.float32' })).toEqual([2_000, 4_000]);
  expect(sizes({ mergeDtype: 'float32', evaluationDtype: 'half' })).toEqual([4_000, 2_000]);
  expect(sizes({ evaluationDtype: 'auto' })).toEqual([2_000, 2_000]);
});

it('a tied head is no tensor of the merge', () => {
  expect(plan({}, model('BF16', true)).modelBytes).toBe(1_800);
});

describe('the peak of a merge', () => {
  // Measured, mergekit 0.1.5 and torch 2.13 on the CPU: peak of RSS over one tensor of 2^24
  // numbers, in sizes of that tensor, inputs included.
  it.each([
    ['dare_ties', 'bfloat16', 2, 11.19],
    ['dare_ties', 'bfloat16', 3, 15.69],
    ['dare_ties', 'float16', 3, 15.71],
    ['dare_ties', 'float32', 3, 14.85],
    ['dare_ties', 'bfloat16', 8, 38.2],
    ['dare_ties', 'bfloat16', 16, 74.19],
    ['ties', 'bfloat16', 2, 18.22],
    ['ties', 'bfloat16', 3, 20.22],
    ['ties', 'float16', 3, 20.22],
    ['ties', 'float32', 2, 12.11],
    ['ties', 'float32', 3, 14.87],
    ['ties', 'bfloat16', 8, 38.24],
    ['dare_linear', 'bfloat16', 3, 10.17],
    ['task_arithmetic', 'bfloat16', 3, 9.19],
  ])(
    'of %s in %s with %i parents is at least what was measured',
    (method, mergeDtype, n, tensors) => {
      const { mergePeakBytes } = plan(
        { method, mergeDtype },
        base,
        Array<typeof base>(n).fill(base),
      );
      const peak = mergePeakBytes / (600 * (mergeDtype === 'float32' ? 4 : 2));
      expect(peak).toBeGreaterThanOrEqual(tensors);
      // dare_linear and task_arithmetic need less, but every sweep has TIES among its baselines.
      if (method.endsWith('ties')) expect(peak).toBeLessThan(tensors * 1.1);
    },
  );

  it('is in GPU memory when the merge is made there', () => {
    const [here, there] = [plan(), plan({ isMergedOnCard: true })];
    const { mergePeakBytes } = here;
    expect(here.ramBytes.cold - there.ramBytes.cold).toBe(mergePeakBytes);
    expect(there.vramPerCardBytes).toEqual({
      warm: 2 * 2_200 + mergePeakBytes,
      cold: 2_200 + mergePeakBytes,
    });
  });
});

describe('RAM', () => {
  const interpreters = 2e9;
  const parentsBytes = 8_000;
  const modelBytes = 2_000;
  const merge = plan().mergePeakBytes + plan().checkpointBytes;

  it('holds parents once per child, or not at all when they are mapped or the way is cold', () => {
    const mapped = interpreters + merge + modelBytes;
    expect(plan().ramBytes).toEqual({ ram: mapped + 2 * parentsBytes, mapped, cold: mapped });
    expect(plan({ children: 5 }).ramBytes.ram - plan({ children: 5 }).ramBytes.mapped).toBe(
      5 * parentsBytes,
    );
  });

  it('holds every copy of the model on the CPU, and no card is needed', () => {
    const { ramBytes, vramPerModelBytes, vramPerCardBytes } = plan({ isOnCpu: true });
    expect(ramBytes.mapped).toBe(interpreters + merge + 2 * modelBytes);
    expect(ramBytes.cold).toBe(interpreters + merge + modelBytes);
    expect([vramPerModelBytes, vramPerCardBytes]).toEqual([0, { warm: 0, cold: 0 }]);
  });

  it('of the result being written is a shard, however large the model', () => {
    const huge = { ...base, tensors: { a: tensor('BF16', 20e9), b: tensor('BF16', 20e9) } };
    const { ramBytes, mergePeakBytes, modelBytes } = plan({}, huge);
    expect(ramBytes.cold).toBe(interpreters + mergePeakBytes + 5e9 + modelBytes);
  });
});

it('warm, a card holds the model that is evaluated and the one that the next merge goes into', () => {
  expect(plan().vramPerModelBytes).toBe(2_200);
  expect(plan().vramPerCardBytes).toEqual({ warm: 4_400, cold: 2_200 });
});

it('all numbers are whole', () => {
  const odd = { ...base, tensors: { a: tensor('BF16', 3) } };
  const { ramBytes, leastRamBytes, vramPerCardBytes, ...rest } = plan({}, odd);
  for (const number of [rest, ramBytes, leastRamBytes, vramPerCardBytes].flatMap(Object.values))
    expect(Number.isInteger(number)).toBe(true);
});
