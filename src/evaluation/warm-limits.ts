import type { MergeOptions, TrialSubject } from '../../activities/contracts.js';
import type { EvaluationPlan } from './plan.js';

/** What a sweep asks for, as far as it decides whether a process that keeps the model can do it. */
export interface WarmWish {
  readonly subject: TrialSubject;
  readonly mergeOptions: MergeOptions;
  readonly plan: Pick<EvaluationPlan, 'model' | 'modelArgs' | 'args'>;
}

/** What a node has. */
export interface WarmMeans {
  /** As `readToolVersions` gives them. */
  readonly versions: Readonly<Record<string, string>>;
  /** Whether python, mergekit-yaml and lm_eval are of one Python environment. */
  readonly isOneEnvironment: boolean;
}

/** mergekit and lm-eval are driven through their insides: only what was tested is trusted. */
const testedVersions: Readonly<Record<string, RegExp>> = {
  mergekit: /^0\.1\.5$/,
  lm_eval: /^0\.4\.13$/,
  transformers: /^5\./,
};

/** `evaluation.model_args` that mean the same to a model in memory. */
const modelArguments = new Set([
  'dtype',
  'max_length',
  'attn_implementation',
  'add_bos_token',
  'logits_cache',
  'truncation',
  'softmax_dtype',
]);
/** `evaluation.args` that the warm evaluator knows. */
const evaluationArguments = new Set([
  'seed',
  'apply_chat_template',
  'system_instruction',
  'fewshot_as_multiturn',
  'confirm_run_unsafe_code',
]);

/** Why no trial can be evaluated warm on a node, one clause, or undefined where nothing is against it. */
export function whyNodeNotWarm({ versions, isOneEnvironment }: WarmMeans): string | undefined {
  if (!isOneEnvironment) {
    return 'python, mergekit-yaml and lm_eval are not of one Python environment';
  }
  for (const [name, tested] of Object.entries(testedVersions)) {
    const version = versions[name];
    if (version === undefined || !tested.test(version)) {
      return `${name} ${version ?? '(not installed)'} is not a version that warm evaluation was tested with`;
    }
  }
  return undefined;
}

/**
 * Why a trial has to be evaluated cold on any node, one clause, or undefined where warm gives the same:
 * the table of what a process that keeps the model can't do.
 */
export function whyNotWarm({ subject, mergeOptions, plan }: WarmWish): string | undefined {
  if (plan.model !== 'hf') return `evaluation.model ${plan.model} keeps its weights out of reach`;
  const modelArgument = Object.keys(plan.modelArgs).find((name) => !modelArguments.has(name));
  if (modelArgument !== undefined) {
    return `evaluation.model_args.${modelArgument} (quantised, sharded or remote models) needs a fresh load`;
  }
  const argument = Object.keys(plan.args).find((name) => !evaluationArguments.has(name));
  if (argument !== undefined) return `evaluation.args.${argument} is lm_eval's own to handle`;
  const flag = Object.keys(mergeOptions.args)[0];
  if (flag !== undefined) return `merge.args.${flag} is mergekit-yaml's own to handle`;
  if (subject.kind === 'merge') {
    const { recipe } = subject;
    if (recipe.tokenizerSource !== undefined) return 'tokenizer_source may change the vocabulary';
    if (recipe.chatTemplate !== undefined) return 'chat_template changes the prompts';
  }
  return undefined;
}

/**
 * `model_args` of the one model that is kept: lm-eval's `auto` would be the base's type, and a fresh
 * load of a merge has the merge's.
 */
export function keptModelArguments(
  plan: Pick<EvaluationPlan, 'modelArgs'>,
  dtype: string,
): Readonly<Record<string, string | number | boolean>> {
  const { dtype: asked } = plan.modelArgs;
  return { ...plan.modelArgs, dtype: asked === undefined || asked === 'auto' ? dtype : asked };
}
