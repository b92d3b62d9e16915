import type { FailureClass, TrialStage } from '../errors.js';
import { StageFailedError } from '../errors.js';
import type { ProcessResult } from './processes.js';

interface FailurePattern {
  readonly pattern: RegExp;
  readonly class: FailureClass;
  /** What to do about it. */
  readonly advice: string;
}

/** First match wins. The texts are those of mergekit 0.1.5, lm-eval 0.4.13, torch, transformers, vLLM. */
const patterns: readonly FailurePattern[] = [
  {
    pattern: /DegenerateMergeError/,
    class: 'degenerate_merge',
    advice: 'Look at the parents and the ranges of their weights.',
  },
  {
    pattern:
      /out[ _]of[ _]memory|hipErrorOutOfMemory|_STATUS_ALLOC_FAILED|CUBLAS_STATUS_NOT_INITIALIZED|cudaErrorMemoryAllocation|RESOURCE_EXHAUSTED|Unable to allocate .* for an array|insufficient shared memory|DataLoader worker \(pid.*\) is killed by signal: Killed|DefaultCPUAllocator: (?:can't allocate|not enough) memory|\bMemoryError\b|Cannot allocate memory|std::bad_alloc|No available memory for the cache blocks|Free memory on device .* is less than desired/i,
    class: 'out_of_memory',
    advice: 'Free memory on the node, or lower evaluation.batch_size or the number of slots.',
  },
  {
    pattern:
      /CUDA driver version is insufficient|CUDA error: (?:unknown error|no CUDA-capable device|uncorrectable ECC|all CUDA-capable devices are busy|system not yet initialized|hardware stack error)|CUDA unknown error|no CUDA-capable device|Driver\/library version mismatch|couldn't communicate with the NVIDIA driver|Unable to determine the device handle|No devices were found|fallen off the bus|\bXid\b.{0,40}: \d+|CUDA_ERROR_(?:UNKNOWN|NO_DEVICE|ECC_UNCORRECTABLE|NOT_INITIALIZED|SYSTEM_NOT_READY|SYSTEM_DRIVER_MISMATCH)|cudaErrorInsufficientDriver|GPU is lost|GPU requires reset/i,
    class: 'card_unusable',
    advice: 'Look at `nvidia-smi` and `dmesg` on the node; most often it needs a restart.',
  },
  {
    pattern: /No space left on device|\bENOSPC\b|os error 28|Disk quota exceeded|\bEDQUOT\b/i,
    class: 'disk_full',
    advice: 'Free space on the node, or move its work folder.',
  },
  {
    pattern:
      /Read-only file system|\[Errno 13\] Permission denied|PermissionError|Input\/output error|os error (?:5|13|30)\b/,
    class: 'disk_unusable',
    advice: 'Mend the permissions or the disk on the node.',
  },
  {
    pattern:
      /can't start new thread|pthread_create failed|Resource temporarily unavailable|Too many open files|os error (?:11|24)\b/,
    class: 'start_refused',
    advice: 'Raise `ulimit -u` and `ulimit -n` on the node, or lower --slots.',
  },
  {
    pattern: /ModuleNotFoundError|ImportError: cannot import|required packages? .* not installed/,
    class: 'tool_missing',
    advice: "Install it in the node's Python environment; `mergesweep doctor` says how.",
  },
  {
    pattern: /Torch not compiled with CUDA enabled|Found no NVIDIA driver/,
    class: 'tool_missing',
    advice: 'Install a torch with CUDA on the node, or set evaluation.device to cpu.',
  },
  {
    pattern: /Expected p_in >= 0 && p_in <= 1/,
    class: 'invalid_merge',
    advice: 'Keep densities between 0 and 1.',
  },
  {
    pattern: /Tasks not found:|Duplicate task/,
    class: 'configuration',
    advice: 'Correct the task in the sweep file (`lm_eval ls tasks` lists what there is).',
  },
  {
    pattern:
      /Repo id must be in the form|is not a local folder and is not a valid model identifier|does not appear to have a file named/,
    class: 'configuration',
    advice: "Correct the model's path in the sweep file.",
  },
  {
    pattern: /OfflineModeIsEnabled|LocalEntryNotFoundError|outgoing traffic has been disabled/,
    class: 'configuration',
    advice: "Fetch it into the node's Hub cache first, or unset HF_HUB_OFFLINE.",
  },
  {
    pattern: /GatedRepoError|RepositoryNotFoundError|401 Client Error/,
    class: 'configuration',
    advice: 'Check the Hub id, and that HF_TOKEN on the node may read it.',
  },
  {
    pattern:
      /Tensor size mismatch for|same number of layers|--allow-crimes|Tensor \S+ required but not present|does not recognize this architecture|Unsupported architecture/,
    class: 'configuration',
    advice: 'The parents do not fit each other: `mergesweep check` says where.',
  },
  {
    pattern: /Can not safely load weights|Weights only load failed/,
    class: 'configuration',
    advice: 'A model has its weights as pickle: see --allow-pickle in docs/security.md.',
  },
  {
    pattern: /SafetensorError/,
    class: 'configuration',
    advice: 'A weight file is broken: fetch that model again.',
  },
  {
    pattern:
      /Unimplemented (?:merge method|dtype)|requires a base input|Missing required parameter|Duplicate merge inputs|Invalid chat template|ValidationError|yaml\.\w+\.\w+Error/,
    class: 'configuration',
    advice: 'Correct the genome in the sweep file.',
  },
  {
    pattern: /Cannot use chat template functions/,
    class: 'configuration',
    advice: 'The base has no chat template: remove apply_chat_template from evaluation.args.',
  },
  {
    pattern: /is larger than the maximum number of tokens that can be stored in KV cache/,
    class: 'configuration',
    advice: 'Lower max_model_len or raise gpu_memory_utilization in evaluation.model_args.',
  },
  {
    pattern:
      /unrecognized arguments|No such option|invalid choice|the following arguments are required/,
    class: 'configuration',
    advice: 'Correct merge.args or evaluation.args in the sweep file.',
  },
];

/** What a run of a tool that did not end well means. @param tool as shown, e.g. `lm_eval` */
export function classifyToolFailure(
  stage: TrialStage,
  tool: string,
  result: ProcessResult,
): StageFailedError {
  const failed = (failureClass: FailureClass, reason: string): StageFailedError =>
    new StageFailedError(failureClass, reason, { logTail: result.tail });
  const line = lastMeaningfulLine(result.tail);
  const said = line === '' ? 'it wrote nothing' : `its last words: ${line}`;
  if (result.stalled) {
    return failed(
      'hang',
      `${tool} showed no progress in the ${stage} stage and was killed; ${said}`,
    );
  }
  if (result.timedOut) {
    return failed(
      'timeout',
      `${tool} took longer than the ${stage} stage may and was killed; ${said}`,
    );
  }
  const how =
    result.signal === undefined
      ? `ended with exit code ${result.exitCode ?? 'unknown'}`
      : `was killed by ${result.signal}`;
  if (result.exitCode === 126 || result.exitCode === 127) {
    return failed('tool_missing', `${tool} could not be started (${said}). ${howToGet}`);
  }
  const known = patterns.find(({ pattern }) => pattern.test(result.tail));
  if (known !== undefined)
    return failed(known.class, `${tool} ${how}: ${line.replace(/[.\s]+$/, '')}. ${known.advice}`);
  if (result.signal === 'SIGKILL') {
    // Not our KILL, so most likely the kernel's: host memory.
    return failed(
      'out_of_memory',
      `${tool} ${how}, most likely by the kernel for want of memory; ${said}`,
    );
  }
  return failed('crash', `${tool} ${how}; ${said}`);
}

/** How to install the programs that a node needs. */
export const howToGet =
  'Install mergekit 0.1.5 and lm-eval 0.4.13 in a Python environment and put its bin on PATH, or ' +
  'name the programs in MERGESWEEP_MERGEKIT_YAML and MERGESWEEP_LM_EVAL; `mergesweep doctor` checks them.';

/** The last exception of a traceback, else the last line that isn't a progress bar; ≤ 400 characters. */
export function lastMeaningfulLine(tail: string): string {
  const lines = tail
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/\d+%\|/.test(line));
  const exception = lines.findLast((line) =>
    /^(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Warning|Resources|Enabled)(?::|$)/.test(
      line,
    ),
  );
  return (exception ?? lines.at(-1) ?? '').trim().slice(0, 400);
}
