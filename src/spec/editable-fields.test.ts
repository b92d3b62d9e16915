import { describe, expect, it } from 'vitest';
import { editableFields, findEditRule } from './editable-fields.js';
import { type JsonSchema, sweepJsonSchema } from './json-schema.js';
import { parseSweepSpec } from './parse-sweep-spec.js';
import { pinSpec } from './pinned-spec.js';
import { compareSpec, describeRefusal, type KnownSweep } from './spec-change.js';

/** Every key that can hold a value, as the table writes them. */
function leaves(schema: JsonSchema, path = ''): string[] {
  const variants = schema.anyOf ?? [schema];
  return variants.flatMap((variant) => {
    const free = variant.additionalProperties;
    return variant.properties !== undefined
      ? Object.entries(variant.properties).flatMap(([key, child]) =>
          leaves(child, path === '' ? key : `${path}.${key}`),
        )
      : variant.items !== undefined
        ? leaves(variant.items, `${path}[]`)
        : free !== undefined && free !== false
          ? leaves(free, `${path}.<name>`)
          : [path];
  });
}

/** Every key is written, so that each can be changed. */
const whole = {
  version: 1,
  name: 'demo',
  description: 'words',
  genome: {
    merge_method: 'dare_ties',
    base_model: './base',
    models: [
      {
        model: './a',
        name: 'a',
        parameters: { weight: { min: 0.2, max: 0.8 }, density: 0.5 },
      },
      './b',
    ],
    parameters: { weight: { min: 0.2, max: 0.8 }, density: 0.5 },
    normalize: true,
    rescale: true,
    int8_mask: true,
    dtype: 'float32',
    out_dtype: 'float32',
    tokenizer_source: 'base',
    chat_template: 'auto',
  },
  optimizer: {
    ...{ name: 'cma-es', max_trials: 50, seed: 1, sigma0: 0.2, population_size: 6 },
    ...{ start: 'duo', surrogate: 'auto', finalists: 3 },
    inject: [{ 'weight.a': 0.3, 'weight.b': 0.3 }],
  },
  merge: { seed: 1, cuda: false, low_cpu_memory: false, args: { num_threads: 2 } },
  evaluation: {
    ...{ mode: 'auto', verify_warm: true, model: 'hf', model_args: { dtype: 'float32' } },
    ...{ batch_size: 4, device: 'cpu', include_path: './tasks', cwd: '.' },
    args: { seed: '1' },
  },
  tasks: {
    search: [task('s')],
    confirm: [task('c')],
  },
  fidelity: { strategy: 'race', rungs: [0.1, 0.3, 1], window: 10, seed: 1 },
  budget: { gpu_hours: 1, usd: 2, wall_clock_hours: 3, usd_per_gpu_hour: 4 },
  nodes: { priority: 3, weight: 1, tool_versions: 'refuse' },
  limits: { merge_minutes: 1, evaluate_minutes: 2, stall_minutes: 3, attempts: 4 },
  storage: { keep_models: 1 },
};

function task(name: string) {
  return {
    ...{ name, metric: 'acc,none', weight: 2, direction: 'maximize' },
    ...{ num_fewshot: 1, limit: 10, for: 'a' },
  };
}

/** What each key is changed to: a valid other value. */
const changes: Readonly<Record<string, unknown>> = {
  description: 'other words',
  'genome.merge_method': 'dare_linear',
  'genome.base_model': './other',
  'genome.models.0.model': './other',
  'genome.models.1.model': '../data/b',
  'genome.models.0.parameters.weight.min': 0.1,
  'genome.models.0.parameters.weight.max': 0.9,
  'genome.models.0.parameters.density': 0.6,
  'genome.parameters.weight.min': 0.1,
  'genome.parameters.weight.max': 0.9,
  'genome.parameters.density': 0.6,
  'genome.normalize': false,
  'genome.rescale': false,
  'genome.int8_mask': false,
  'genome.dtype': 'bfloat16',
  'genome.out_dtype': 'bfloat16',
  'genome.tokenizer_source': 'union',
  'genome.chat_template': 'chatml',
  'optimizer.name': 'random',
  'optimizer.max_trials': 60,
  'optimizer.seed': 2,
  'optimizer.sigma0': 0.3,
  'optimizer.population_size': 7,
  'optimizer.start': 'single',
  'optimizer.surrogate': 'off',
  'optimizer.inject.0.weight.b': 0.4,
  'optimizer.finalists': 4,
  'merge.seed': 2,
  'merge.cuda': true,
  'merge.low_cpu_memory': true,
  'merge.args.num_threads': 3,
  'evaluation.mode': 'cold',
  'evaluation.verify_warm': false,
  'evaluation.model': 'vllm',
  'evaluation.model_args.dtype': 'bfloat16',
  'evaluation.batch_size': 8,
  'evaluation.device': 'cuda',
  'evaluation.include_path': './other',
  'evaluation.cwd': './other',
  'evaluation.args.seed': '2',
  ...ofTasks('search'),
  ...ofTasks('confirm'),
  'fidelity.strategy': 'rank-then-confirm',
  'fidelity.rungs.0': 0.2,
  'fidelity.window': 11,
  'fidelity.seed': 2,
  'budget.gpu_hours': 10,
  'budget.usd': 20,
  'budget.wall_clock_hours': 30,
  'budget.usd_per_gpu_hour': 5,
  'nodes.priority': 1,
  'nodes.weight': 2,
  'nodes.tool_versions': 'warn',
  'limits.merge_minutes': 10,
  'limits.evaluate_minutes': 20,
  'limits.stall_minutes': 30,
  'limits.attempts': 5,
  'storage.keep_models': 2,
};

function ofTasks(split: string): Record<string, unknown> {
  const other = {
    ...{ name: 'other', metric: 'f1,none', weight: 3, direction: 'minimize' },
    ...{ num_fewshot: 2, limit: 20, for: 'b' },
  };
  return Object.fromEntries(
    Object.entries(other).map(([key, value]) => [`tasks.${split}.0.${key}`, value]),
  );
}

const path = '/sweeps/demo.yaml';
const known = toKnown(whole);

function toKnown(file: unknown): KnownSweep {
  const specText = JSON.stringify(file);
  const parsed = parseSweepSpec(specText, path, '/home/me');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { spec } = parsed;
  const pinnedSpec = pinSpec(spec);
  return {
    ...{ name: 'demo', specText, specPath: path, specHash: spec.hash, pinnedSpec },
    maxTrials: spec.file.optimizer.max_trials,
  };
}

/** Keys with dots in them (`weight.b`) are found as they are. */
function change(file: unknown, keys: string, value: unknown): unknown {
  const copy = structuredClone(file) as Record<string, unknown>;
  let at = copy;
  let rest = keys;
  for (;;) {
    const key = Object.keys(at)
      .filter((each) => rest === each || rest.startsWith(`${each}.`))
      .sort((a, b) => b.length - a.length)[0];
    if (key === undefined || key === rest) break;
    if (typeof at[key] === 'string') at[key] = { model: at[key] };
    at = at[key] as Record<string, unknown>;
    rest = rest.slice(key.length + 1);
  }
  at[rest] = value;
  return copy;
}

const compare = (file: unknown, sweep = known, realPath?: (path: string) => string) =>
  compareSpec(sweep, JSON.stringify(file), path, {
    home: '/home/me',
    ...(realPath === undefined ? {} : { realPath }),
  });

describe('the table of fields', () => {
  it('has every key of the sweep file, and no other', () => {
    const keys = [...new Set(leaves(sweepJsonSchema))].map((key) =>
      key === 'genome.models[]' ? 'genome.models[].model' : key,
    );
    expect(Object.keys(editableFields).sort()).toEqual([...new Set(keys)].sort());
  });

  it('is tested key by key', () => {
    const tested = new Set(
      Object.keys(changes).map((key) =>
        key
          .replace(/\.\d+(?=\.|$)/g, '[]')
          .replace(/(parameters|args|model_args|inject\[\])\.(weight\.b|\w+)/, '$1.<name>'),
      ),
    );
    // The version and the name can't be other ones; a label is tested below, a parent's range as all.
    const others = ['version', 'name', 'genome.models[].name'];
    expect(Object.keys(editableFields).filter((key) => !tested.has(key))).toEqual(others);
  });

  it.each(Object.entries(changes))('treats a change of %s by its rule', (key, value) => {
    const got = compare(change(whole, key, value));
    const allowed =
      /^(description|budget\.|nodes\.|limits\.|storage\.|optimizer\.max_trials|evaluation\.mode$)/;
    if (!allowed.test(key)) {
      expect(got).toMatchObject({ kind: 'refused', edits: [{ path: key, isAllowed: false }] });
      if (got.kind === 'allowed') return;
      expect(describeRefusal('demo', got)).toContain(`  ${key}: `);
      expect(describeRefusal('demo', got)).toContain('mergesweep fork demo --name demo-2');
      return;
    }
    expect(got).toMatchObject({ kind: 'allowed', edits: [{ path: key, isAllowed: true }] });
    if (got.kind !== 'allowed') return;
    const isBudget = key === 'optimizer.max_trials';
    expect(got.maxTrials).toBe(isBudget ? 60 : 50);
    // The search goes on with the budget that it began with: how it begins may depend on it.
    const expected = isBudget ? whole : change(whole, key, value);
    expect(got.spec.hash).toBe(toKnown(expected).specHash);
  });

  it('needs a fork for a key that it does not know', () => {
    expect(findEditRule(['optimizer', 'new_key'])).toBe('fork');
    expect(findEditRule(['limits'])).toBe('fork');
  });
});

describe('an edit', () => {
  it('raises the budget only: a lower one needs a fork, one that was reached before is none', () => {
    expect(compare(change(whole, 'optimizer.max_trials', 49)).kind).toBe('refused');
    const extended = { ...known, maxTrials: 80 };
    for (const [max, expected] of [
      [50, 80],
      [70, 80],
      [90, 90],
    ] as const) {
      const got = compare(change(whole, 'optimizer.max_trials', max), extended);
      expect(got).toMatchObject({ kind: 'allowed', maxTrials: expected });
      expect(got.kind === 'allowed' && got.edits.length).toBe(max === 90 ? 1 : 0);
    }
  });

  it('may write a path otherwise that leads to the same place, by the disk as well', () => {
    const other = change(whole, 'genome.models.1.model', '../sweeps/./b');
    expect(compare(other)).toMatchObject({ kind: 'allowed', edits: [{ rule: 'same' }] });
    const linked = change(whole, 'genome.base_model', '/data/base');
    expect(compare(linked).kind).toBe('refused');
    const realPath = (each: string): string => each.replace(/^\/data\//, '/sweeps/');
    expect(compare(linked, known, realPath).kind).toBe('allowed');
  });

  it('may not give a parent another label, by a name or by another path', () => {
    const plain = change(whole, 'optimizer.inject', []);
    const sweep = toKnown(plain);
    expect(compare(change(plain, 'genome.models.1.name', 'b'), sweep).kind).toBe('allowed');
    expect(compare(change(plain, 'genome.models.1.name', 'z'), sweep).kind).toBe('refused');
    const linked = change(plain, 'genome.models.1.model', './z');
    expect(compare(linked, sweep, () => '/same').kind).toBe('refused');
  });

  it('to cold or warm needs the proof that they give the same', () => {
    const unproved = change(whole, 'evaluation.verify_warm', false);
    const sweep = toKnown(unproved);
    expect(compare(change(unproved, 'evaluation.mode', 'cold'), sweep).kind).toBe('refused');
  });

  it('of several fields is refused as a whole, and says which part may stay', () => {
    const both = change(change(whole, 'limits.attempts', 9), 'optimizer.seed', 9);
    const got = compare(both);
    expect(got.kind).toBe('refused');
    if (got.kind !== 'refused') return;
    const text = describeRefusal('demo', got, 'demo.yaml');
    expect(text).toContain('limits.attempts: 4 → 9  (may change)');
    expect(text).toContain('optimizer.seed: 1 → 9  (needs a fork)');
    expect(text).toContain('Undo what needs a fork to go on');
    expect(text).toContain('fork demo --name demo-2 --file demo.yaml');
  });

  it('is none where only a later default of this program differs from the pinned one', () => {
    const short = { ...whole, limits: { merge_minutes: 1 } };
    const sweep = toKnown(short);
    const old = change(JSON.parse(sweep.pinnedSpec ?? ''), 'limits.attempts', 2);
    const { specHash, pinnedSpec } = toKnown(old);
    const former = { ...sweep, specHash, ...(pinnedSpec === undefined ? {} : { pinnedSpec }) };
    const got = compare(short, former);
    expect(got).toMatchObject({ kind: 'allowed', edits: [] });
    expect(got.kind === 'allowed' && got.spec.file.limits.attempts).toBe(2);
  });

  it('of a sweep whose defaults nobody pinned is refused where this version has others', () => {
    const { pinnedSpec: _, ...unpinned } = known;
    expect(compare(whole, unpinned).kind).toBe('allowed');
    const got = compare(whole, { ...unpinned, specHash: 'of another version' });
    expect(got.kind).toBe('unreadable');
    if (got.kind === 'unreadable')
      expect(describeRefusal('demo', got)).toContain('other defaults. Finish it with the version');
  });
});
