/** Sweep files: those that we ship, and random ones that fit the schema more often than not. */
import { readFileSync } from 'node:fs';
import { mergeMethods } from '../../../src/merge/methods.js';
import type { SeededRandom } from '../seeded-random.js';

const sweeps = new URL('../../../sweeps/', import.meta.url);

export const shippedSweeps: readonly string[] = ['demo.yaml', 'dare-ties-13b-4xh100.yaml'].map(
  (name) => readFileSync(new URL(name, sweeps), 'utf8'),
);

type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

export function generateSweep(random: SeededRandom): string {
  const spec = generateSpec(random);
  return random.chance(0.2) ? JSON.stringify(spec) : writeBlock(random, spec, 0);
}

function generateSpec(random: SeededRandom): Yaml {
  const method = random.pick(mergeMethods);
  const parents = random.between(2, random.chance(0.05) ? 16 : 4);
  const labels = Array.from({ length: parents }, (_, index) => `p${index}`);
  const tasks = (split: string): Yaml[] =>
    Array.from({ length: random.between(1, 4) }, (_, index) => ({
      ...{ name: `${split}_${index}`, metric: random.pick(metrics) },
      ...maybe(random, 'weight', random.pick([0.1, 1, 3, 1e300])),
      ...maybe(random, 'for', random.pick(labels)),
      ...maybe(random, 'limit', random.between(1, 500)),
      ...maybe(random, 'num_fewshot', random.integer(20)),
      ...maybe(random, 'direction', random.pick(['maximize', 'minimize'])),
    }));
  return {
    version: 1,
    ...maybe(random, 'name', random.pick(['demo', 'a.b-c_d', 'x'.repeat(96)])),
    ...maybe(random, 'description', random.pick(['für alle', '', 'a: b # c', '- x', 'null'])),
    genome: {
      merge_method: method.name,
      base_model: random.pick(['../models/base', 'org/base', 'org/base@v1', '/abs/base', './b']),
      models: labels.map((label) =>
        random.chance(0.5)
          ? `../models/${label}`
          : {
              ...{ model: `org/${label}`, name: label },
              ...maybe(random, 'parameters', generateParameters(random, method.parameters)),
            },
      ),
      ...maybe(random, 'parameters', generateParameters(random, method.parameters)),
      ...maybe(random, 'normalize', random.chance(0.5)),
      ...maybe(random, 'dtype', random.pick(['float32', 'bfloat16', 'float16'])),
      ...maybe(random, 'tokenizer_source', random.pick(['base', 'union', 'org/tok', '/tok'])),
      ...maybe(random, 'chat_template', random.pick(['auto', 'chatml', '{{ messages }}'])),
    },
    ...maybe(random, 'optimizer', {
      ...maybe(random, 'name', random.pick(['cma-es', 'gp', 'random', 'sobol'])),
      ...maybe(random, 'max_trials', random.pick([1, 7, 100, 100_000])),
      ...maybe(random, 'seed', random.pick([0, 42, 2_147_483_647])),
      ...maybe(random, 'sigma0', random.pick([1e-9, 0.25, 1])),
      ...maybe(random, 'population_size', random.between(2, 50)),
      ...maybe(random, 'finalists', random.between(1, 50)),
    }),
    ...maybe(random, 'merge', {
      ...maybe(random, 'seed', random.integer(1000)),
      ...maybe(random, 'cuda', random.chance(0.5)),
      ...maybe(random, 'args', generateArguments(random)),
    }),
    ...maybe(random, 'evaluation', {
      ...maybe(random, 'model', random.pick(['hf', 'vllm'])),
      ...maybe(random, 'batch_size', random.between(1, 64)),
      ...maybe(random, 'device', random.pick(['cpu', 'cuda:0'])),
      ...maybe(random, 'model_args', generateArguments(random)),
      ...maybe(random, 'args', generateArguments(random)),
      ...maybe(random, 'include_path', './tasks'),
    }),
    tasks: { search: tasks('s'), ...maybe(random, 'confirm', tasks('c')) },
    ...maybe(random, 'fidelity', {
      ...maybe(random, 'strategy', random.pick(['off', 'rank-then-confirm', 'race'])),
      ...maybe(random, 'rungs', random.pick([[0.1, 1], [0.2, 0.5, 1], [1]])),
    }),
    ...maybe(random, 'limits', { ...maybe(random, 'attempts', random.between(1, 10)) }),
    ...maybe(random, 'storage', { ...maybe(random, 'keep_models', random.integer(101)) }),
  };
}

const metrics = ['acc,none', 'exact_match,strict-match', 'margin,none', 'word_perplexity,none'];

function generateParameters(
  random: SeededRandom,
  traits: Readonly<Record<string, { readonly min: number; readonly max: number }>>,
): Yaml {
  return Object.fromEntries(
    Object.entries(traits).flatMap(([name, { min, max }]): [string, Yaml][] => {
      if (random.chance(0.3)) return [];
      const [a, b] = [random.next(), random.next()].map((unit) => min + unit * (max - min));
      if (random.chance(0.3)) return [[name, a ?? min]];
      return [[name, { min: Math.min(a ?? min, b ?? max), max: Math.max(a ?? min, b ?? max) }]];
    }),
  );
}

function generateArguments(random: SeededRandom): Yaml {
  const keys = ['apply_chat_template', 'gen_kwargs', 'seed', 'verbosity', 'dtype', 'gpu_rich'];
  const values: Yaml[] = [true, false, 3, 'a', 'a=b', 'x y', '{"a": 1}', '0.5', 'é'];
  const count = random.integer(3);
  return Object.fromEntries(
    Array.from({ length: count }, () => [random.pick(keys), random.pick(values)]),
  );
}

function maybe(random: SeededRandom, key: string, value: Yaml): Readonly<Record<string, Yaml>> {
  return random.chance(0.4) ? { [key]: value } : {};
}

/** Block style, a flow here and there. */
function writeBlock(random: SeededRandom, value: Yaml, depth: number): string {
  const pad = '  '.repeat(depth);
  const isFlow = depth > 1 && random.chance(0.4);
  if (typeof value !== 'object' || isFlow || Object.keys(value).length === 0)
    return `${pad}${writeFlow(value)}\n`;
  const nested = (child: Yaml): string => {
    const text = writeBlock(random, child, depth + 1);
    return text.includes('\n', text.length - 1) && !/\n./.test(text)
      ? ` ${text.trim()}\n`
      : `\n${text}`;
  };
  if (Array.isArray(value))
    return (value as readonly Yaml[]).map((item) => `${pad}-${nested(item)}`).join('');
  return Object.entries(value)
    .map(([key, child]) => `${pad}${key}:${nested(child)}`)
    .join('');
}

function writeFlow(value: Yaml): string {
  if (typeof value === 'string')
    return /^[A-Za-z][\w/.-]*$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}
