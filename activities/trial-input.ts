import { planEvaluation } from '../src/evaluation/plan-evaluation.js';
import type { DocumentShare } from '../src/evaluation/document-share.js';
import { createWorkKey } from '../src/evaluation/work-key.js';
import { defaultTiesRecipe, toRecipe, uniformRecipe } from '../src/merge/to-recipe.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import type { TrialRow } from '../src/store/rows.js';
import type { CheckpointHolder, MergeOptions, RunTrialInput, TrialSubject } from './contracts.js';

export type TrialSketch = Pick<TrialRow, 'trial' | 'kind'> &
  Partial<TrialRow> & {
    /** On which documents; absent: as the trial's input says, or on all. */
    readonly documents?: DocumentShare;
    readonly holder?: CheckpointHolder;
  };

/** What a node gets: a pure function of the sweep and of what the ledger knows of the trial. */
export function createTrialInput(
  ledgerId: string,
  spec: SweepSpec,
  trial: TrialSketch,
): RunTrialInput {
  const { merge, limits } = spec.file;
  const subject = subjectOf(spec, trial);
  const mergeOptions: MergeOptions = {
    cuda: merge.cuda,
    lowCpuMemory: merge.low_cpu_memory,
    args: merge.args,
  };
  const evaluation = planEvaluation(
    spec,
    trial.kind === 'confirm' ? 'confirm' : 'search',
    trial.documents ?? trial.input?.evaluation.documents,
  );
  const holder = trial.holder ?? trial.input?.holder;
  return {
    ledgerId,
    sweep: spec.name,
    trial: trial.trial,
    kind: trial.kind,
    subject,
    mergeOptions,
    evaluation,
    limits: {
      mergeMinutes: limits.merge_minutes,
      evaluateMinutes: limits.evaluate_minutes,
      stallMinutes: limits.stall_minutes,
    },
    evaluator: {
      mode: spec.file.evaluation.mode,
      baseModel: spec.base.model,
      models: [spec.base, ...spec.parents].map(({ model }) => model),
      dtype: spec.file.genome.out_dtype ?? spec.file.genome.dtype,
      isVerified: spec.file.evaluation.verify_warm,
    },
    ...(isCheckpointWanted(spec, trial) && { isCheckpointWanted: true }),
    maxAttempts: limits.attempts,
    ...(holder !== undefined && { holder }),
    sources: Object.fromEntries(
      [spec.base, ...spec.parents].map(({ label, model }) => [label, model]),
    ),
    workKey: createWorkKey(subject, mergeOptions, evaluation),
  };
}

/** Any finalist may be handed over, as bytes that were scored; kept models are kept whole. */
function isCheckpointWanted(spec: SweepSpec, { kind, label }: TrialSketch): boolean {
  return (kind === 'confirm' && label === undefined) || spec.file.storage.keep_models > 0;
}

/** A confirmation carries the label and the parameters of the trial it confirms. */
function subjectOf(spec: SweepSpec, { label, params }: TrialSketch): TrialSubject {
  if (label === undefined) return { kind: 'merge', recipe: toRecipe(spec, params ?? {}) };
  if (label === 'uniform') return { kind: 'merge', recipe: uniformRecipe(spec).recipe };
  if (label === 'ties') return { kind: 'merge', recipe: defaultTiesRecipe(spec) };
  const source = [spec.base, ...spec.parents].find((model) => model.label === label);
  if (source === undefined) throw new Error(`sweep ${spec.name} has no model labelled ${label}`);
  return { kind: 'model', label, model: source.model };
}
