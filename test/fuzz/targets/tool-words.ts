/** Arguments of the tools, taken apart again as the tools do, and compared with what was meant. */
import { execFileSync } from 'node:child_process';
import { StageFailedError } from '../../../src/errors.js';
import { lmEvalArguments } from '../../../src/evaluation/calls.js';
import { mergekitArguments } from '../../../src/merge/mergekit-arguments.js';
import { fine, violation, type Verdict } from '../fuzzer.js';
import { oddText } from '../mutate-text.js';
import type { SeededRandom } from '../seeded-random.js';

type Value = string | number | boolean;

export interface ToolCase {
  readonly tool: 'lm_eval' | 'mergekit-yaml';
  readonly path: string;
  readonly args: Readonly<Record<string, Value>>;
  readonly modelArgs: Readonly<Record<string, Value>>;
  readonly device: string;
  /** Whether a program is started and asked what it got. */
  readonly isRecorded: boolean;
}

const keys: readonly string[] = [
  ...['apply_chat_template', 'gen_kwargs', 'seed', 'system_instruction', 'verbosity', 'model_arg'],
  ...[
    'gpu_rich',
    'num_threads',
    'lora_merge_cache',
    'multi_gpu',
    'random_seed',
    'trust_remote_code',
  ],
  ...[
    'tasks',
    'output_path',
    'limit',
    'quiet',
    'no_lazy_unpickle',
    '-x',
    '--x',
    'a b',
    '',
    'é',
    'A',
  ],
  ...[
    '__proto__',
    'constructor',
    'trust_remote',
    'out',
    'x=y',
    'cuda',
    'use_cache',
    'predict_only',
  ],
];

export function makeToolCase(random: SeededRandom): ToolCase {
  const value = (): Value =>
    random.pick<Value>([true, false, 7, -1, 0.5, '--flag', '-x', 'a=b', 'a,b', oddText(random)]);
  const some = (): Record<string, Value> =>
    Object.fromEntries(
      Array.from({ length: random.integer(4) }, () => [random.pick(keys), value()]),
    );
  return {
    tool: random.pick(['lm_eval', 'mergekit-yaml']),
    path: `/models/${random.pick(['plain', 'a b', "o'x", 'a=b', 'a"b', '$(id)', '-rf', 'é😀', '*'])}`,
    args: some(),
    modelArgs: some(),
    device: random.pick(['cpu', 'cuda:0', '--x', 'a b']),
    isRecorded: random.chance(0.01),
  };
}

export function checkToolCase(input: ToolCase): Verdict {
  let words: string[];
  try {
    words = input.tool === 'lm_eval' ? wordsOfLmEval(input) : wordsOfMergekit(input);
  } catch (error) {
    if (error instanceof StageFailedError) return fine('tool: refused');
    throw error;
  }
  const wrong = input.tool === 'lm_eval' ? checkLmEval(input, words) : checkMergekit(input, words);
  if (wrong !== undefined) return violation('nonsense', `${wrong}: ${JSON.stringify(words)}`);
  // A sweep file can hold neither.
  const isSendable = words.every((word) => !/[\u0000\ud800-\udfff]/u.test(word)); // eslint-disable-line no-control-regex -- NUL is what is looked for
  if (!input.isRecorded || !isSendable) return fine('tool: as meant');
  const got = execFileSync('/usr/bin/printf', [String.raw`%s\0`, ...words], { maxBuffer: 2 ** 24 });
  const isSame = got.equals(Buffer.from(words.map((word) => `${word}\0`).join('')));
  return isSame ? fine('tool: as recorded') : violation('nonsense', 'a program got other words');
}

function wordsOfLmEval({ path, args, modelArgs, device }: ToolCase): string[] {
  const tasks = [
    { name: 'a', metric: 'acc,none', direction: 'maximize', weight: 1 },
    { name: 'b', metric: 'acc,none', direction: 'maximize', weight: 1 },
  ] as const;
  const plan = {
    split: 'search',
    tasks,
    model: 'hf',
    modelArgs,
    batchSize: 8,
    device,
    args,
  } as const;
  return lmEvalArguments({ plan, tasks, limit: 5 }, path, '/out');
}

const wordsOfMergekit = ({ path, args }: ToolCase): string[] =>
  mergekitArguments(
    '/config.yaml',
    path,
    { seed: 7 },
    { cuda: true, lowCpuMemory: true, args },
    'cuda',
  );

/** argparse: `--k=v`, `--k v`, and any beginning of a name that only one option has. */
function checkLmEval(
  { path, args, modelArgs, device }: ToolCase,
  words: string[],
): string | undefined {
  const [verb, ...rest] = words;
  const at = rest.indexOf('--model_args');
  const [json = ''] = rest.splice(at, 2).slice(1);
  if (verb !== 'run' || at < 0) return 'no model_args';
  const meantModel = { pretrained: path, ...modelArgs };
  if (JSON.stringify(JSON.parse(json)) !== JSON.stringify(meantModel)) return 'other model_args';
  const got = new Map<string, string>();
  for (const word of rest) {
    const [, name = '', value = ''] = /^--([a-z][a-z0-9_]*)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === '' || got.has(name)) return `the word ${word}`;
    got.set(name, word.includes('=') ? value : 'true');
  }
  const ours = { model: 'hf', tasks: 'a,b', batch_size: '8', limit: '5', output_path: '/out' };
  const fixed = { ...ours, device, log_samples: 'true' };
  for (const [name, value] of Object.entries(fixed))
    if (got.get(name) !== value) return `${name} is ${got.get(name)}`;
  return checkPassedThrough(args, got, Object.keys(fixed), lmEvalOptions);
}

/** Options that a sweep file must never reach, also not by their beginning. */
const lmEvalOptions = ['trust_remote_code', 'confirm_run_unsafe_code', 'model_args', 'output_path'];

function checkPassedThrough(
  args: ToolCase['args'],
  got: ReadonlyMap<string, string>,
  fixed: readonly string[],
  closed: readonly string[],
): string | undefined {
  for (const [name, value] of got) {
    if (fixed.includes(name)) continue;
    if (closed.some((option) => option.startsWith(name))) return `${name} reaches what is ours`;
    const meant = Object.hasOwn(args, name) ? args[name] : undefined;
    if (meant === undefined && name === 'seed') continue;
    if (String(meant) !== value) return `${name} is ${value}, meant ${String(meant)}`;
  }
  const isThere = (name: string, value: Value): boolean => value === false || got.has(name);
  const lost = Object.entries(args).find(([name, value]) => !isThere(name, value));
  return lost === undefined ? undefined : `${lost[0]} is lost`;
}

/** click: `--k=v`, `--k`, `--no-k`, and words. */
function checkMergekit({ path, args }: ToolCase, words: string[]): string | undefined {
  const [config, out, ...rest] = words;
  if (config !== '/config.yaml' || out !== path) return 'other paths';
  const fixed = ['--random-seed=7', '--lazy-unpickle', '--copy-tokenizer', '--no-write-model-card'];
  const expected = [...fixed, '--cuda', '--low-cpu-memory'];
  for (const word of expected) if (rest[rest.indexOf(word)] !== word) return `no ${word}`;
  const given = rest.filter((word) => !expected.includes(word));
  const meant = Object.entries(args).map(([key, value]) => {
    const flag = key.replaceAll('_', '-');
    if (typeof value === 'boolean') return value ? `--${flag}` : `--no-${flag}`;
    return `--${flag}=${value}`;
  });
  const isSame = JSON.stringify(given) === JSON.stringify(meant);
  if (!isSame) return `expected ${meant.join(' ')}`;
  const closed = /^--(no-)?(trust-remote-code|quiet|safe-serialization|random-seed)\b/;
  return given.some((word) => closed.test(word)) ? 'a flag that is ours' : undefined;
}
