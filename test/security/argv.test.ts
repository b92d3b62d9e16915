/** What a sweep file says reaches the tools byte for byte, as values: never as another option, never through a shell. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTrialInput } from '../../activities/trial-input.js';
import { lmEvalArguments, planCalls } from '../../src/evaluation/calls.js';
import { runProcess } from '../../src/external/processes.js';
import { renderMergekitConfig } from '../../src/merge/merge-config.js';
import { mergekitArguments } from '../../src/merge/mergekit-arguments.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { createRandom, type Random } from './seeded-random.js';

let folder: string;
let recorder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'argv-'));
  recorder = join(folder, 'recorder');
  // Arguments as the kernel hands them over, each with a NUL behind it.
  writeFileSync(recorder, '#!/bin/sh\nprintf "%s\\0" "$@" > recorded\n');
  chmodSync(recorder, 0o700);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const pieces = [
  ...['-', '--', '--trust_remote_code', '=', ',', ' ', '\t', '\n', '\r', '\0', '"', "'", '\\', '`'],
  ...['$(touch x)', '$HOME', ';', '|', '&', '>', '*', '?', '~', '#', '!', '{', '}', '[', ']', '%'],
  ...['a', 'é', '🙂', '\u202e', '@', '+', ':', '/', '..', 'true', 'null', '1e3', '0x1', 'yes'],
  ...[
    'pretrained=/evil',
    'temperature=0',
    '{"a": "b"}',
    '\u2028',
    '<<: *x',
    '- x',
    '!function x.y',
  ],
];
const hostileText = (random: Random): string =>
  Array.from({ length: 1 + random.below(5) }, () => random.pick(pieces)).join('');

type Sweep = ReturnType<typeof plainSweep>;
const plainSweep = () => ({
  version: 1,
  name: 'mix',
  genome: {
    merge_method: 'dare_ties',
    base_model: './base',
    models: [
      { model: './a', name: 'a' },
      { model: './b', name: 'b' },
    ],
    tokenizer_source: 'base',
    chat_template: 'auto',
  },
  evaluation: {
    model_args: { dtype: 'float32', attn_implementation: 'sdpa' } as Record<string, unknown>,
    args: { gen_kwargs: 'x', system_instruction: 'y', metadata: '{}', seed: '1' },
    include_path: './tasks',
    cwd: '.',
    device: 'cpu',
  },
  merge: { args: { num_threads: '1', out_shard_size: '5B' } },
  tasks: { search: [{ name: 'task_a', metric: 'acc,none' }] },
});

/** Where a stranger's text can stand. */
const places: readonly ((sweep: Sweep, text: string) => void)[] = [
  (sweep, text) => (sweep.genome.base_model = `./base${text}`),
  (sweep, text) => (sweep.genome.models[0]!.model = `./m${text}`),
  (sweep, text) => (sweep.genome.models[0]!.model = text),
  (sweep, text) => (sweep.genome.tokenizer_source = `/t${text}`),
  (sweep, text) => (sweep.genome.chat_template = text),
  (sweep, text) => (sweep.evaluation.model_args['dtype'] = text),
  (sweep, text) => (sweep.evaluation.model_args[text] = 'x'),
  (sweep, text) => (sweep.evaluation.args.gen_kwargs = text),
  (sweep, text) => (sweep.evaluation.args.system_instruction = text),
  (sweep, text) => (sweep.evaluation.args.metadata = text),
  (sweep, text) => (sweep.evaluation.include_path = `./t${text}`),
  (sweep, text) => (sweep.evaluation.cwd = `./w${text}`),
  (sweep, text) => (sweep.evaluation.device = text),
  (sweep, text) => (sweep.merge.args.out_shard_size = text),
  (sweep, text) => (sweep.tasks.search[0]!.name = text),
  (sweep, text) => (sweep.name = text),
];

/** Both command lines of the sweep's first trial; undefined where the file is refused. */
function commandLines(sweep: Sweep) {
  const parsed = parseSweepSpec(JSON.stringify(sweep), '/sweeps/mix.yaml', '/home/me');
  if (!parsed.ok) return undefined;
  const params = { 'weight.a': 1, 'weight.b': 1, 'density.a': 0.5, 'density.b': 0.5 };
  const input = createTrialInput('l', parsed.spec, { trial: '1', kind: 'search', params });
  if (input.subject.kind !== 'merge') throw new Error('a search trial is a merge');
  const { recipe } = input.subject;
  const [call] = planCalls(input.evaluation);
  if (call === undefined) throw new Error('a sweep has a task');
  return {
    spec: parsed.spec,
    yaml: renderMergekitConfig(recipe),
    merge: mergekitArguments('/work/merge.yaml', '/work/out', recipe, input.mergeOptions, 'cpu'),
    evaluate: lmEvalArguments(call, recipe.models[0]?.model ?? '', '/work/output'),
  };
}

it('of 1,000 hostile sweeps, what is accepted arrives as it was meant', async () => {
  const random = createRandom(1);
  const batch: string[] = [];
  let accepted = 0;
  let values = 0;
  for (let round = 0; round < 1000; round++) {
    const sweep = plainSweep();
    random.pick(places)(sweep, hostileText(random));
    const lines = commandLines(sweep);
    if (lines === undefined) continue;
    accepted++;
    const { spec, merge, evaluate, yaml } = lines;
    const { args, model_args, device } = spec.file.evaluation;
    // The meaning of each word, told by the position or by the name before the first `=`.
    const named = new Map(
      evaluate.flatMap((word): [string, string][] => {
        const match = /^--([a-z_]+)=([^]*)$/.exec(word);
        return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
      }),
    );
    const json = evaluate[evaluate.indexOf('--model_args') + 1] ?? '';
    expect(JSON.parse(json)).toEqual({ pretrained: spec.parents[0]?.model, ...model_args });
    for (const [key, value] of Object.entries(args)) expect(named.get(key)).toBe(value);
    expect(named.get('include_path')).toBe(spec.includePath);
    expect(named.get('device')).toBe(device);
    expect(named.get('tasks')).toBe(spec.file.tasks.search[0]?.name);
    expect(merge).toContain(`--out-shard-size=${String(spec.file.merge.args['out_shard_size'])}`);
    for (const word of [...merge, ...evaluate])
      expect(word).not.toMatch(/^-+(trust|confirm|include_path$|-$)/);
    expect(parse(yaml, { version: '1.1' })).toMatchObject({
      base_model: spec.base.model,
      models: spec.parents.map(({ model }) => ({ model })),
      tokenizer_source: spec.file.genome.tokenizer_source,
      chat_template: spec.file.genome.chat_template,
    });
    batch.push(...merge, ...evaluate);
    values += merge.length + evaluate.length;
    if (batch.length > 1500) await expectRecorded(batch.splice(0));
  }
  await expectRecorded(batch);
  expect(accepted).toBeGreaterThan(150);
  expect(accepted).toBeLessThan(850);
  expect(values).toBeGreaterThan(2500);
}, 120_000);

/** Through the very code that starts the tools: the supervisor's shell must not look at them. */
async function expectRecorded(args: readonly string[]): Promise<void> {
  const result = await runProcess({
    ...{ command: recorder, args, cwd: folder, logPath: join(folder, 'log') },
    env: { PATH: process.env['PATH'] ?? '' },
    stallMs: 60_000,
    timeoutMs: 60_000,
  });
  expect(result.exitCode).toBe(0);
  const recorded = readFileSync(join(folder, 'recorded'), 'utf8').split('\0').slice(0, -1);
  expect(recorded).toEqual(args);
}
