/** Arguments passed through to mergekit and lm-eval: what is ours, what is code, what would be cut up. */
import { formatPath, type Path, type Problem } from './diagnostic.js';
import { entriesAt, type Draft } from './draft.js';
import { valueAt } from './schema-issues.js';
import { suggest } from './suggest.js';

const runsCode = 'it lets downloaded code run; mergesweep never does';
const inFile = (key: string): string => `write ${key} instead`;
const ours = 'mergesweep sets it for every trial';

const modelArgs: Readonly<Record<string, string>> = {
  pretrained: ours,
  tokenizer: 'the tokenizer is that of the merged model',
  trust_remote_code: runsCode,
  token: 'secrets come from the environment (HF_TOKEN), never from a file that is shared',
  batch_size: inFile('evaluation.batch_size'),
  device: inFile('evaluation.device'),
};

const lmEvalOwned: Readonly<Record<string, string>> = {
  model: inFile('evaluation.model'),
  model_args: inFile('evaluation.model_args'),
  tasks: inFile('tasks.search and tasks.confirm'),
  batch_size: inFile('evaluation.batch_size'),
  max_batch_size: 'the batch size is fixed: another one can give other scores',
  device: inFile('evaluation.device'),
  include_path: inFile('evaluation.include_path'),
  num_fewshot: inFile('num_fewshot of the task'),
  limit: inFile('limit of the task'),
  samples: inFile('limit of the task'),
  output_path: ours,
  log_samples: ours,
  use_cache:
    "its key is the request without the model: a later trial would get an earlier one's answers",
  cache_requests:
    'its key leaves out the data: an edited task file would be scored with old prompts',
  predict_only: 'it gives no scores',
  config: 'it would overrule what the sweep file says',
  check_integrity: 'it gives no scores',
  show_config: ours,
  write_out: ours,
  hf_hub_log_args: 'trials are not uploaded',
  wandb_args: 'trials are not uploaded',
  wandb_config_args: 'trials are not uploaded',
  trackio_args: 'trials are not uploaded',
  trust_remote_code: runsCode,
  confirm_run_unsafe_code: runsCode,
};
const lmEvalKnown = [
  'apply_chat_template',
  'fewshot_as_multiturn',
  'gen_kwargs',
  'metadata',
  'seed',
  'system_instruction',
  'verbosity',
];

const mergekitOwned: Readonly<Record<string, string>> = {
  random_seed: inFile('merge.seed'),
  cuda: inFile('merge.cuda'),
  device: inFile('merge.cuda'),
  low_cpu_memory: inFile('merge.low_cpu_memory'),
  quiet: 'its progress bars are what the live block shows',
  copy_tokenizer: 'a checkpoint without tokenizer cannot be evaluated',
  write_model_card: ours,
  safe_serialization: 'checkpoints are safetensors only',
  allow_crimes: 'parents of other architectures give no meaningful merge',
  unsafe_truncate_embeddings: 'it cuts vocabularies; use genome.tokenizer_source',
  trust_remote_code: runsCode,
};
const mergekitKnown = [
  'async_write',
  'clone_tensors',
  'gpu_rich',
  'lazy_unpickle',
  'lora_merge_cache',
  'lora_merge_dtype',
  'multi_gpu',
  'num_threads',
  'out_shard_size',
  'read_to_gpu',
  'transformers_cache',
  'verbose',
  'write_threads',
];

export function checkArguments(draft: Draft): Problem[] {
  const { root } = draft;
  return [
    ...checkValue(['evaluation', 'device'], valueAt(root, ['evaluation', 'device']), false),
    ...checkValue(['genome', 'chat_template'], valueAt(root, ['genome', 'chat_template']), false),
    ...checkGroup(root, ['evaluation', 'model_args'], 'lm-eval', modelArgs),
    ...checkGroup(root, ['evaluation', 'args'], 'lm-eval', lmEvalOwned, lmEvalKnown),
    ...checkGroup(root, ['merge', 'args'], 'mergekit-yaml', mergekitOwned, mergekitKnown),
  ];
}

function checkGroup(
  root: unknown,
  path: Path,
  tool: string,
  owned: Readonly<Record<string, string>>,
  known?: readonly string[],
): Problem[] {
  return entriesAt(root, path).flatMap(([key, value]) => [
    ...checkKey([...path, key], key, tool, owned, known),
    ...checkValue([...path, key], value, known === undefined),
  ]);
}

function checkKey(
  path: Path,
  key: string,
  tool: string,
  owned: Readonly<Record<string, string>>,
  known?: readonly string[],
): Problem[] {
  const label = formatPath(path.slice(0, -1));
  const plain = key.replaceAll('-', '_').replace(/^no_/, '');
  if (!/^[A-Za-z][\w-]*$/.test(key))
    return [
      {
        path,
        at: 'key',
        code: 'E050',
        message: `\`${key}\` under ${label} is not the name of an argument`,
      },
    ];
  const reason = Object.hasOwn(owned, plain) ? owned[plain] : undefined;
  if (reason !== undefined)
    return [
      { path, at: 'key', code: 'E051', message: `\`${key}\` is refused under ${label}: ${reason}` },
    ];
  if (known === undefined || known.includes(plain)) return [];
  const nearest = suggest(plain, known);
  return [
    {
      path,
      at: 'key',
      severity: 'warning',
      code: 'W106',
      message: `${tool} has no argument \`${key}\` that mergesweep knows${nearest === undefined ? '' : `; did you mean \`${nearest}\`?`}`,
      fix: `known: ${known.join(', ')}`,
    },
  ];
}

function checkValue(path: Path, value: unknown, isJoined: boolean): Problem[] {
  if (typeof value !== 'string') return [];
  const label = formatPath(path);
  if (value.startsWith('-'))
    return [
      {
        path,
        code: 'E052',
        message: `${label} starts with \`-\`: it would be read as another option`,
      },
    ];
  if (isJoined && value.includes(','))
    return [{ path, code: 'E052', message: `${label} holds \`,\`: lm-eval cuts model_args there` }];
  return [];
}
