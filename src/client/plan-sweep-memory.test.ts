import { expect, it } from 'vitest';
import { createLlamaFacts, llamaSizes } from '../preflight/llama-facts.fixture.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { edit, sweepPath, sweepText } from '../spec/sweep-text.fixture.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { planSweepMemory } from './plan-sweep-memory.js';

const machine = { availableRamBytes: 1e12, cores: 8, cards: 0 };
const model = createLlamaFacts(llamaSizes['7B']);
const models = [model, model, model];

/** @param section replaces `version: 1`, which it has to repeat */
function specOf(section = 'version: 1', genome = ''): SweepSpec {
  const text = edit(sweepText, 'version: 1', section);
  const parsed = parseSweepSpec(edit(text, 'genome:\n', `genome:\n${genome}`), sweepPath);
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
  return parsed.spec;
}
const evaluation = (settings: string): SweepSpec =>
  specOf(`version: 1\nevaluation: { ${settings} }`);
const slots = (spec: SweepSpec, cards = 0) =>
  planSweepMemory(spec, models, { ...machine, cards })?.slots;
const choice = (spec: SweepSpec) => planSweepMemory(spec, models, machine)?.choice;

it('slots are the cards; without any, half the cores where models run on the CPU, else one', () => {
  expect(slots(specOf(), 4)).toBe(4);
  expect(slots(evaluation('device: cpu'))).toBe(4);
  expect(slots(specOf())).toBe(1);
});

it('a process per slot and one for the next merge share the machine', () => {
  expect(planSweepMemory(specOf(), models, { ...machine, cards: 4 })?.plan.children).toBe(5);
});

it('types and the place of the merge are those of the sweep', () => {
  const read = (spec: SweepSpec) => {
    const { modelBytes = 0, checkpointBytes = 0 } =
      planSweepMemory(spec, models, machine)?.plan ?? {};
    return [modelBytes, checkpointBytes].map((bytes) => Math.round(bytes / 1e9));
  };
  expect(read(specOf())).toEqual([13, 13]);
  expect(read(specOf('version: 1', '  dtype: float32\n'))).toEqual([27, 27]);
  expect(read(specOf('version: 1', '  dtype: float32\n  out_dtype: bfloat16\n'))).toEqual([13, 13]);
  expect(read(evaluation('model_args: { dtype: float32 }'))).toEqual([27, 13]);
  const onCard = planSweepMemory(
    specOf('version: 1\nmerge: { cuda: true }'),
    models,
    machine,
  )?.plan;
  expect(onCard?.vramPerCardBytes.cold).toBe(onCard!.vramPerModelBytes + onCard!.mergePeakBytes);
});

it('a sweep that can be warm is, where there is memory', () => {
  expect(choice(specOf())?.residence).toBe('ram');
});

it.each([
  [evaluation('mode: cold'), 'evaluation.mode is cold'],
  [evaluation('model: vllm'), 'evaluation.model vllm'],
  [evaluation('model_args: { parallelize: true }'), 'evaluation.model_args.parallelize'],
  [specOf('version: 1', '  tokenizer_source: base\n'), 'tokenizer_source'],
])('a sweep that warm evaluation can not do is cold, and says why (%#)', (spec, reason) => {
  expect(choice(spec)).toMatchObject({ residence: 'cold', fits: true });
  expect(choice(spec)?.reason).toContain(reason);
});

it('nothing is known without the headers of every model', () => {
  expect(planSweepMemory(specOf(), models.slice(1), machine)).toBeUndefined();
  expect(planSweepMemory(specOf(), [], machine)).toBeUndefined();
  const pickle = { ...model, weights: 'pickle', tensors: {} } as const;
  expect(planSweepMemory(specOf(), [model, model, pickle], machine)).toBeUndefined();
});
