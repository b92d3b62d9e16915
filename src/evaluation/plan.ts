import type { DocumentShare } from './document-share.js';

/** What lm-evaluation-harness is asked to do in a trial. */

/** Which documents a score is from: the optimizer sees `search` only, finalists get `confirm` once. */
export type Split = 'search' | 'confirm';

/** One eval task as the sweep names it. */
export interface PlannedTask {
  /** lm-eval's task or group name. */
  readonly name: string;
  /** lm-eval's full metric key, e.g. `exact_match,strict-match`. */
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
  /** Share in the fitness before normalising; > 0. */
  readonly weight: number;
  readonly numFewshot?: number;
  /** First N documents; absent: all. */
  readonly limit?: number;
  /** Label of the parent whose skill this task guards. */
  readonly for?: string;
}

/** The evaluation of one split, the same for every trial that is compared. */
export interface EvaluationPlan {
  readonly split: Split;
  readonly tasks: readonly PlannedTask[];
  /** lm-eval's `--model`: `hf` or `vllm`. */
  readonly model: string;
  /** Passed through as `--model_args key=value,…`; `pretrained` is ours. */
  readonly modelArgs: Readonly<Record<string, string | number | boolean>>;
  /** An integer: `auto` changes scores between runs. */
  readonly batchSize: number;
  /** Absolute path, `--include_path`. */
  readonly includePath?: string;
  /** Absolute path: the working directory of lm_eval, against which task files resolve data paths. */
  readonly cwd?: string;
  /** `--device`, absent: lm-eval's choice. */
  readonly device?: string;
  /** Absent: all documents (or the first `limit`). */
  readonly documents?: DocumentShare;
  /** Further lm-eval arguments: `{apply_chat_template: true}` → `--apply_chat_template`. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
}
