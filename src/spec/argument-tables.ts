/**
 * Which arguments of the tools a sweep file may name. What is not listed is refused: lm_eval takes any
 * unique beginning of an option for the option (`--trust_remote` is `--trust_remote_code`), and a model
 * argument can name a class to import.
 */

export type ArgumentGroup = 'evaluation.model_args' | 'evaluation.args' | 'merge.args';

export interface ArgumentTable {
  /** As messages name the tool. */
  readonly tool: string;
  /** Refused, with the reason. */
  readonly owned: Readonly<Record<string, string>>;
  readonly known: readonly string[];
}

const runsCode = 'it lets downloaded code run; mergesweep never does';
const otherWeights = 'it loads other weights than those that were checked';
const inFile = (key: string): string => `write ${key} instead`;
const ours = 'mergesweep sets it for every trial';

const modelArguments: ArgumentTable = {
  tool: 'lm-eval',
  owned: {
    pretrained: ours,
    tokenizer: 'the tokenizer is that of the merged model',
    trust_remote_code: runsCode,
    custom_generate: runsCode,
    worker_cls: runsCode,
    worker_extension_cls: runsCode,
    logits_processors: runsCode,
    token: 'secrets come from the environment (HF_TOKEN), never from a file that is shared',
    batch_size: inFile('evaluation.batch_size'),
    device: inFile('evaluation.device'),
    peft: otherWeights,
    delta: otherWeights,
    gguf_file: otherWeights,
    subfolder: otherWeights,
    revision: otherWeights,
    lora_local_path: otherWeights,
    load_format: otherWeights,
    use_safetensors: otherWeights,
  },
  known: [
    'add_bos_token',
    'attn_implementation',
    'backend',
    'block_size',
    'bnb_4bit_compute_dtype',
    'bnb_4bit_quant_type',
    'bnb_4bit_use_double_quant',
    'cpu_offload_gb',
    'data_parallel_size',
    'disable_custom_all_reduce',
    'disable_log_stats',
    'dtype',
    'enable_chunked_prefill',
    'enable_prefix_caching',
    'enable_thinking',
    'enforce_eager',
    'gpu_memory_utilization',
    'kv_cache_dtype',
    'load_in_4bit',
    'load_in_8bit',
    'logits_cache',
    'low_cpu_mem_usage',
    'max_cpu_memory',
    'max_gen_toks',
    'max_length',
    'max_memory_per_gpu',
    'max_model_len',
    'max_num_batched_tokens',
    'max_num_seqs',
    'mixed_precision_dtype',
    'parallelize',
    'pipeline_parallel_size',
    'prefix_token_id',
    'quantization',
    'seed',
    'softmax_dtype',
    'swap_space',
    'tensor_parallel_size',
    'think_end_token',
    'tokenizer_mode',
    'tp_plan',
    'truncation',
    'truncation_side',
    'use_fast_tokenizer',
  ],
};

const lmEvalArguments: ArgumentTable = {
  tool: 'lm-eval',
  owned: {
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
  },
  known: [
    'apply_chat_template',
    'fewshot_as_multiturn',
    'gen_kwargs',
    'metadata',
    'seed',
    'system_instruction',
    'verbosity',
  ],
};

const mergekitArguments: ArgumentTable = {
  tool: 'mergekit-yaml',
  owned: {
    random_seed: inFile('merge.seed'),
    cuda: inFile('merge.cuda'),
    device: inFile('merge.cuda'),
    low_cpu_memory: inFile('merge.low_cpu_memory'),
    lazy_unpickle: ours,
    quiet: 'its progress bars are what the live block shows',
    copy_tokenizer: 'a checkpoint without tokenizer cannot be evaluated',
    write_model_card: ours,
    safe_serialization: 'checkpoints are safetensors only',
    allow_crimes: 'parents of other architectures give no meaningful merge',
    unsafe_truncate_embeddings: 'it cuts vocabularies; use genome.tokenizer_source',
    trust_remote_code: runsCode,
    lora_merge_cache: 'the node says where files go',
    transformers_cache: 'the node says where files go (HF_HOME)',
  },
  known: [
    'async_write',
    'clone_tensors',
    'gpu_rich',
    'multi_gpu',
    'num_threads',
    'out_shard_size',
    'read_to_gpu',
    'verbose',
    'write_threads',
  ],
};

export const argumentTables: Readonly<Record<ArgumentGroup, ArgumentTable>> = {
  'evaluation.model_args': modelArguments,
  'evaluation.args': lmEvalArguments,
  'merge.args': mergekitArguments,
};

/** The argument's name as the tools spell it; mergekit's switches have a `no-` form. */
export const plainArgument = (key: string): string => key.replaceAll('-', '_').replace(/^no_/, '');

/** Whether `key` may be passed on. */
export function isArgumentOpen(group: ArgumentGroup, key: string): boolean {
  const { known } = argumentTables[group];
  // A model argument is a name in Python: there is no other spelling.
  return known.includes(group === 'evaluation.model_args' ? key : plainArgument(key));
}

/** What of a value would run code: one clause, or undefined where nothing of it does. */
export function findCodeInValue(
  group: ArgumentGroup,
  key: string,
  value: unknown,
): string | undefined {
  const name = plainArgument(key);
  if (typeof value !== 'string') return undefined;
  if (group === 'evaluation.args' && name === 'gen_kwargs') {
    const match = /custom_generate|trust_remote_code/.exec(value);
    return match === null ? undefined : `${match[0]}: ${runsCode}`;
  }
  if (group === 'evaluation.model_args' && name === 'attn_implementation' && value.includes('/'))
    return `a kernel of the Hub: ${runsCode}`;
  return undefined;
}
