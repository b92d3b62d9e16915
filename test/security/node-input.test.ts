/** Whoever reaches the Temporal server writes what nodes are asked: nothing but our own trials may run. */
import { describe, expect, it } from 'vitest';
import {
  requireReleaseOrder,
  requireRunTrialInput,
} from '../../activities/run-trial-input-schema.js';
import type { RunTrialInput } from '../../activities/contracts.js';
import { createTrialInput } from '../../activities/trial-input.js';
import {
  activities,
  calls,
  input,
  newEnvironment,
  run,
  toolsCalled,
} from '../../activities/run-trial.fixture.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { createRandom, type Random } from './seeded-random.js';

const sweepText = `version: 1
genome:
  merge_method: dare_ties
  base_model: ./base
  models:
    - ./a
    - { model: org/b@main, name: b }
  tokenizer_source: union
  chat_template: "{{ messages }}\\n"
evaluation:
  model_args: { dtype: float32, max_length: 64 }
  args: { apply_chat_template: true, gen_kwargs: 'temperature=0' }
  include_path: ./tasks
  cwd: .
  device: cpu
merge: { args: { gpu_rich: true } }
tasks:
  search: [{ name: task_a, metric: 'acc,none', for: a, limit: 3, num_fewshot: 0 }]
  confirm: [{ name: task_b, metric: 'acc,none' }]
`;

function ownInputs() {
  const parsed = parseSweepSpec(sweepText, '/sweeps/mix.yaml', '/home/me');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const create = (trial: Parameters<typeof createTrialInput>[2]) =>
    createTrialInput('7f1a0c5e-0000-4000-8000-000000000000', parsed.spec, trial);
  const params = { 'weight.a': 0.5, 'weight.b': 0.5, 'density.a': 0.5, 'density.b': 0.5 };
  return [
    create({ trial: '1', kind: 'search', params }),
    create({ trial: 'b1', kind: 'baseline', label: 'uniform' }),
    create({ trial: 'b3', kind: 'baseline', label: 'base' }),
    create({ trial: 'c1', kind: 'confirm', params }),
    create({
      ...{ trial: '7r2', kind: 'promotion', params },
      documents: { seed: 1, rungs: [0.1, 1], rung: 2, isExtension: true, counts: { task_a: 40 } },
      holder: { node: 'gpu-box--ab12', workKey: 'r-e' },
    }),
  ];
}

/** What an attacker would put in a place where another value is expected. */
const hostile: readonly unknown[] = [
  ...['../../etc/passwd', '/tmp/../etc', '-rf', '--trust_remote_code', 'a\0b', 'a\nb', '', ' '],
  ...['$(id)', '`id`', '; id', 'file.yaml', 'x'.repeat(200_000), '__proto__', 'con\u0007tent'],
  ...[NaN, Infinity, -1, 1e308, 0.5, null, undefined, [], {}, [[]], { then: 1 }, true],
];

const hostileKeys = [
  ...['__proto__', 'constructor', 'command', 'env', 'shell', 'python', 'trust_remote_code'],
  ...[
    'trust_remote',
    'confirm_run_unsafe',
    'worker_cls',
    'peft',
    'include',
    'lazy_unpickle',
    '--x',
  ],
];

type Place = { readonly parent: Record<string, unknown>; readonly key: string };

/** Every value inside, by where it stands. */
function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { parent: value as Record<string, unknown>, key },
    ...places(inner),
  ]);
}

/** One change that makes another input of it; undefined where the change left it valid by chance. */
function mutate(original: unknown, random: Random): unknown {
  const copy = structuredClone(original);
  const { parent, key } = random.pick(places(copy));
  const kind = random.below(4);
  if (kind === 0) Reflect.deleteProperty(parent, key);
  else if (kind === 1)
    Object.defineProperty(parent, random.pick(hostileKeys), {
      value: random.pick(hostile),
      enumerable: true,
    });
  else parent[key] = random.pick(hostile);
  return copy;
}

const seed = 20_261_126;

describe('a trial from the network', () => {
  it.each(ownInputs())('is taken as our coordinator sends it: %o', (own) => {
    expect(requireRunTrialInput(JSON.parse(JSON.stringify(own)))).toEqual(own);
  });

  it('spawns nothing when it is not one of ours: 1,200 mutations', async () => {
    const random = createRandom(seed);
    const acts = activities();
    const inputs = [...ownInputs(), input()];
    let refused = 0;
    for (let tries = 0; refused < 1200; tries++) {
      expect(tries).toBeLessThan(6000);
      const hostileInput = mutate(random.pick(inputs), random);
      // Some changes are harmless (a smaller limit): what is left is still an input of ours.
      if (isAccepted(hostileInput)) continue;
      refused++;
      const running = newEnvironment().run(
        (order) => acts.runTrial(order as RunTrialInput),
        hostileInput,
      );
      await expect(running).rejects.toMatchObject({ type: 'configuration', nonRetryable: true });
    }
    expect(calls()).toEqual([]);
  }, 120_000);

  it('is not taken with any value of an attacker that is longer, deeper or of another kind than ours', () => {
    const kept: string[] = [];
    for (const own of ownInputs())
      for (const { parent, key } of places(own)) {
        const before = parent[key];
        for (const value of hostile) {
          parent[key] = value;
          const wasText = typeof before === 'string';
          const isDangerous =
            typeof value === 'string' && /^-|\0|\.\.|^\/tmp|^.{9999,}/s.test(value);
          if (wasText && isDangerous && isAccepted(own)) kept.push(`${key} = ${value}`);
        }
        parent[key] = before;
      }
    // Text that reaches a tool as one JSON or YAML string, or is only looked up.
    expect([...new Set(kept.map((line) => line.split(' = ')[0]))].sort()).toEqual([
      'chatTemplate',
      'dtype',
      'gen_kwargs',
      'metric',
    ]);
  });

  it('is told in few words, however long it is', () => {
    const hostileInput = { ...input(), ['k'.repeat(1_000_000)]: 'v'.repeat(1_000_000) };
    const long = { ...input(), sweep: 'x'.repeat(1_000_000) };
    for (const value of [hostileInput, long, null, undefined, 7, 'text', []])
      expect(messageOf(value).length).toBeLessThan(600);
  });

  it('runs when it is ours', async () => {
    await run();
    expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval']);
  });
});

describe('a release from the network', () => {
  const order = { trial: '1', node: 'n1', workKey: 'r-e', keep: false };
  it('is taken as we send it', () => {
    expect(requireReleaseOrder(order)).toEqual(order);
  });
  it.each([
    { workKey: '../..' },
    { workKey: '/' },
    { workKey: '.' },
    { keep: 'no' },
    { trial: '../x' },
    { command: 'rm' },
  ])('is refused with %o', async (change) => {
    await expect(
      activities().releaseCheckpoint({ ...order, ...change } as never),
    ).rejects.toMatchObject({ failureClass: 'configuration' });
  });
});

function messageOf(value: unknown): string {
  try {
    requireRunTrialInput(value);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

function isAccepted(value: unknown): boolean {
  try {
    requireRunTrialInput(value);
    return true;
  } catch {
    return false;
  }
}
