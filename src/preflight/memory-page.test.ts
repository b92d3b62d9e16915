import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { formatByteSize } from './byte-size.js';
import { chooseResidence } from './choose-residence.js';
import { createLlamaFacts, llamaSizes } from './llama-facts.fixture.js';
import { planMemory, type MemoryPlan } from './memory-plan.js';

const sizes = ['7B', '13B', '70B'] as const;
const plans = sizes.map((size): [string, MemoryPlan] => {
  const model = createLlamaFacts(llamaSizes[size]);
  const plan = planMemory(model, [model, model, model], {
    mergeDtype: 'bfloat16',
    method: 'dare_ties',
    isOnCpu: false,
    isMergedOnCard: false,
    children: 2,
  });
  return [size, plan];
});

/** The table below a heading, cell by cell. */
async function readTable(heading: string): Promise<string[][]> {
  const page = await readFile(new URL('../../docs/memory.md', import.meta.url), 'utf8');
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

it('docs/memory.md says what planMemory computes', async () => {
  const rows: [string, (plan: MemoryPlan) => number][] = [
    ['base and three parents', (plan) => plan.parentsBytes],
    ['one model copy', (plan) => plan.modelBytes],
    ['peak of a merge', (plan) => plan.mergePeakBytes],
    ['merged checkpoint on disk', (plan) => plan.checkpointBytes],
    ['RAM, warm, parents in RAM', (plan) => plan.ramBytes.ram],
    ['… advised from, available', (plan) => plan.leastRamBytes.ram],
    ['RAM, warm, parents mapped', (plan) => plan.ramBytes.mapped],
    ['… advised from, available', (plan) => plan.leastRamBytes.mapped],
    ['RAM, cold', (plan) => plan.ramBytes.cold],
    ['… possible from, available', (plan) => plan.leastRamBytes.cold],
    ['GPU memory, one model', (plan) => plan.vramPerModelBytes],
    ['GPU memory of a card, warm', (plan) => plan.vramPerCardBytes.warm],
  ];
  expect(await readTable('Three sizes')).toEqual([
    ['', ...sizes],
    ...rows.map(([name, read]) => [name, ...plans.map(([, plan]) => formatByteSize(read(plan)))]),
  ]);
});

it('docs/memory.md says which way chooseResidence takes', async () => {
  const machines = [32, 64, 128, 256, 512];
  expect(await readTable('Which way')).toEqual([
    ['available RAM', ...machines.map((size) => `${size} GB`)],
    ...plans.map(([size, plan]) => [
      size,
      ...machines.map(
        (ram) =>
          chooseResidence(
            plan,
            ram * 1e9,
            // No card of 80 GB holds a copy.
            plan.vramPerModelBytes > 80e9 ? 'sharded over cards' : undefined,
          ).residence,
      ),
    ]),
  ]);
});

it('docs/memory.md compares measured peaks with those that planMemory computes', async () => {
  const cases: [string, string, string, number][] = [
    ['DARE-TIES', 'dare_ties', 'bfloat16', 3],
    ['DARE-TIES', 'dare_ties', 'float32', 3],
    ['DARE-TIES', 'dare_ties', 'bfloat16', 16],
    ['TIES', 'ties', 'bfloat16', 3],
    ['DARE linear', 'dare_linear', 'bfloat16', 3],
  ];
  const numbers = 2 ** 24;
  const model = {
    tensors: { a: { dtype: 'F32', shape: [numbers] } },
    config: { hasCustomCode: false },
  };
  const planned = cases.map(([name, method, mergeDtype, n]) => {
    const { mergePeakBytes } = planMemory(model, Array<typeof model>(n).fill(model), {
      ...{ method, mergeDtype, isOnCpu: true, isMergedOnCard: false, children: 2 },
    });
    const width = mergeDtype === 'float32' ? 4 : 2;
    return [`${name}, ${mergeDtype}, ${n}`, (mergePeakBytes / numbers / width).toFixed(1)];
  });
  const rows = (await readTable('How it is computed')).slice(1);
  expect(rows.map(([name, , peak]) => [name, Number(peak).toFixed(1)])).toEqual(planned);
});
