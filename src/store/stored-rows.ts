/** The tables' columns as SQLite gives them, and the rows that readers see. */
import type {
  EvaluationMode,
  RunTrialInput,
  SweepState,
  TrialKind,
  TrialLease,
} from '../../activities/contracts.js';
import type { CostEstimates } from '../budget/cost.js';
import type { Split } from '../evaluation/plan.js';
import type { TrialFailure } from '../errors.js';
import type { DocumentRow, ScoreRow, SweepRow, TrialRow, TrialState } from './rows.js';

export interface StoredSweep {
  readonly name: string;
  readonly spec_text: string;
  readonly spec_path: string;
  readonly spec_hash: string;
  readonly state: SweepState;
  readonly reason: string | null;
  readonly max_trials: number;
  readonly pinned_spec: string | null;
  readonly is_held: 0 | 1;
  readonly parents: string | null;
  readonly search_ended: string | null;
  readonly estimate: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

export interface StoredTrial {
  readonly sweep: string;
  readonly trial: string;
  readonly kind: TrialKind;
  readonly ordinal: number;
  readonly label: string | null;
  readonly confirms: string | null;
  readonly promotes: string | null;
  readonly rung: number | null;
  readonly state: TrialState;
  readonly params: string | null;
  readonly vector: string | null;
  readonly input: string;
  readonly fitness: number | null;
  readonly failure: string | null;
  readonly node: string | null;
  readonly attempt: number | null;
  readonly merge_seconds: number | null;
  readonly evaluate_seconds: number | null;
  readonly checkpoint_sha256: string | null;
  readonly checkpoint_files: string | null;
  readonly device_class: string | null;
  readonly versions: string | null;
  readonly task_hashes: string | null;
  readonly work_dir: string | null;
  readonly mode: EvaluationMode | null;
  readonly mode_reason: string | null;
  readonly leaf_counts: string | null;
  readonly gpu_seconds: number | null;
  readonly lease: string | null;
  readonly started_at: string | null;
  readonly is_prefetched: 0 | 1 | null;
  readonly slot: string | null;
  readonly merge_wait_seconds: number | null;
  readonly slot_wait_seconds: number | null;
  readonly is_divergent: number;
  readonly proposed_at: string;
  readonly ended_at: string | null;
}

export interface StoredScore {
  readonly trial: string;
  readonly split: Split;
  readonly task: string;
  readonly metric: string;
  readonly value: number;
  readonly stderr: number | null;
  readonly documents: number;
  readonly higher_is_better: number;
}

export interface StoredDocument {
  readonly trial: string;
  readonly split: Split;
  readonly task: string;
  readonly metric: string;
  readonly count: number;
  readonly encoding: 'bits' | 'float32';
  readonly document_values: string;
  readonly document_ids: string | null;
  readonly documents_hash: string;
}

export function toSweepRow(row: StoredSweep): SweepRow {
  return {
    name: row.name,
    specText: row.spec_text,
    specPath: row.spec_path,
    specHash: row.spec_hash,
    state: row.state,
    ...given('reason', row.reason),
    maxTrials: row.max_trials,
    ...given('pinnedSpec', row.pinned_spec),
    isHeld: row.is_held === 1,
    ...given('parents', parse(row.parents) as Record<string, string> | null),
    ...given('searchEnded', row.search_ended),
    ...given('estimate', parse(row.estimate) as CostEstimates | null),
    createdAt: row.created_at,
    ...given('finishedAt', row.finished_at),
  };
}

/** Readers ask for all trials twice a second, and inputs are most of them; they never change again. */
const mostInputs = 2000;
const inputs = new Map<string, RunTrialInput>();

function parseInput(text: string): RunTrialInput {
  const known = inputs.get(text);
  if (known !== undefined) return known;
  const input = JSON.parse(text) as RunTrialInput;
  if (inputs.size >= mostInputs) inputs.clear();
  inputs.set(text, input);
  return input;
}

export function toTrialRow(row: StoredTrial): TrialRow {
  return {
    sweep: row.sweep,
    trial: row.trial,
    kind: row.kind,
    ordinal: row.ordinal,
    ...given('label', row.label),
    ...given('confirms', row.confirms),
    ...given('promotes', row.promotes),
    ...given('rung', row.rung),
    state: row.state,
    ...given('params', parse(row.params) as Record<string, number> | null),
    ...given('vector', parse(row.vector) as number[] | null),
    input: parseInput(row.input),
    ...given('fitness', row.fitness),
    ...given('failure', parse(row.failure) as TrialFailure | null),
    ...given('node', row.node),
    ...given('attempt', row.attempt),
    ...given('mergeSeconds', row.merge_seconds),
    ...given('evaluateSeconds', row.evaluate_seconds),
    ...given('checkpointSha256', row.checkpoint_sha256),
    ...given('checkpointFiles', parse(row.checkpoint_files) as Record<string, string> | null),
    ...given('deviceClass', row.device_class),
    ...given('versions', parse(row.versions) as Record<string, string> | null),
    ...given('taskHashes', parse(row.task_hashes) as Record<string, string> | null),
    ...given('workDir', row.work_dir),
    ...given('mode', row.mode),
    ...given('modeReason', row.mode_reason),
    ...given('leafCounts', parse(row.leaf_counts) as Record<string, number> | null),
    ...given('gpuSeconds', row.gpu_seconds),
    ...given('lease', parse(row.lease) as TrialLease | null),
    ...given('startedAt', row.started_at),
    ...(row.is_prefetched !== null && { isPrefetched: row.is_prefetched === 1 }),
    ...given('slot', row.slot),
    ...(row.merge_wait_seconds !== null &&
      row.slot_wait_seconds !== null && {
        waitSeconds: { merge: row.merge_wait_seconds, slot: row.slot_wait_seconds },
      }),
    isDivergent: row.is_divergent === 1,
    proposedAt: row.proposed_at,
    ...given('endedAt', row.ended_at),
  };
}

export function toScoreRow(row: StoredScore): ScoreRow {
  return {
    trial: row.trial,
    split: row.split,
    task: row.task,
    metric: row.metric,
    value: row.value,
    ...given('stderr', row.stderr),
    documents: row.documents,
    higherIsBetter: row.higher_is_better === 1,
  };
}

export function toDocumentRow(row: StoredDocument): DocumentRow {
  return {
    trial: row.trial,
    split: row.split,
    task: row.task,
    metric: row.metric,
    count: row.count,
    encoding: row.encoding,
    values: row.document_values,
    ...given('documentIds', row.document_ids),
    documentsHash: row.documents_hash,
  };
}

/** `{[key]: value}`, or nothing where the column is NULL. */
function given<Key extends string, Value>(
  key: Key,
  value: Value | null,
): Partial<Record<Key, NonNullable<Value>>> {
  if (value === null || value === undefined) return {};
  return { [key]: value } as Record<Key, NonNullable<Value>>;
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
