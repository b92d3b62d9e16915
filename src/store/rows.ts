/** What the ledger's rows look like to its readers. Written by src/store only. */
import type {
  EvaluationMode,
  RunTrialInput,
  SweepState,
  TrialId,
  TrialKind,
  TrialLease,
} from '../../activities/contracts.js';
import type { CostEstimates } from '../budget/cost.js';
import type { SearchEvent } from '../budget/staleness.js';
import type { PackedDocumentValues, TaskScore } from '../evaluation/eval-report.js';
import type { Split } from '../evaluation/plan.js';
import type { FailureClass, TrialFailure } from '../errors.js';
import type { Diagnostics } from '../samplers/sampler.js';
import type { Params } from '../space/search-space.js';
import type { Standing } from './standings.js';

export type TrialState = 'proposed' | 'complete' | 'failed' | 'cancelled';

export interface SweepRow {
  readonly name: string;
  readonly specText: string;
  readonly specPath: string;
  readonly specHash: string;
  readonly state: SweepState;
  readonly reason?: string;
  /** Of the search, as extended since. */
  readonly maxTrials: number;
  /** The sweep file with every default written out, as JSON; absent in sweeps of versions that did not pin it. */
  readonly pinnedSpec?: string;
  /** The user holds it: what runs goes on, nothing is handed out. */
  readonly isHeld: boolean;
  /** SHA-256 of base and parents by label, from the first trial that was scored. */
  readonly parents?: Readonly<Record<string, string>>;
  /** Why there are no more candidates, where that is not `maxTrials`; one sentence. */
  readonly searchEnded?: string;
  /** What a trial of each kind was expected to cost before any was measured. */
  readonly estimate?: CostEstimates;
  /** ISO 8601, for display only. */
  readonly createdAt: string;
  readonly finishedAt?: string;
}

export interface TrialRow {
  readonly sweep: string;
  readonly trial: TrialId;
  readonly kind: TrialKind;
  /** Order of proposal within the sweep, from 1, over all kinds. */
  readonly ordinal: number;
  /** `base`, a parent's label, `uniform`, `ties` for baselines; of confirmations: of the trial they confirm. */
  readonly label?: string;
  /** The search trial or baseline that a `confirm` trial re-evaluates. */
  readonly confirms?: TrialId;
  /** The search trial (or its earlier promotion) that a `promotion` scores on more documents. */
  readonly promotes?: TrialId;
  /** Rung of the documents that it is scored on, from 1; absent: on all. */
  readonly rung?: number;
  readonly state: TrialState;
  /** Searched values; absent for models that are evaluated as they are. */
  readonly params?: Params;
  readonly vector?: readonly number[];
  readonly input: RunTrialInput;
  /** Maximised; only when complete. */
  readonly fitness?: number;
  readonly failure?: TrialFailure;
  readonly node?: string;
  readonly attempt?: number;
  readonly mergeSeconds?: number;
  readonly evaluateSeconds?: number;
  readonly checkpointSha256?: string;
  /** SHA-256 per weight file, hex. */
  readonly checkpointFiles?: Readonly<Record<string, string>>;
  readonly deviceClass?: string;
  readonly versions?: Readonly<Record<string, string>>;
  /** lm-eval's `task_hashes`: documents, prompts and targets. */
  readonly taskHashes?: Readonly<Record<string, string>>;
  readonly workDir?: string;
  readonly mode?: EvaluationMode;
  /** Why it was evaluated in this mode, one sentence. */
  readonly modeReason?: string;
  /** Card-seconds of all attempts, also of failed and cancelled ones; absent: not known, or none. */
  readonly gpuSeconds?: number;
  /** What was set aside for it when it was handed out last; absent: no cap. */
  readonly lease?: TrialLease;
  /** When it was handed out last, ISO 8601. */
  readonly startedAt?: string;
  /** It came to its node while every slot there was taken. */
  readonly isPrefetched?: boolean;
  /** Of its node, where it was evaluated. */
  readonly slot?: string;
  readonly waitSeconds?: { readonly merge: number; readonly slot: number };
  /** Documents scored, per leaf task. */
  readonly leafCounts?: Readonly<Record<string, number>>;
  /** True when a later completion said something else; it was recorded and not applied. */
  readonly isDivergent: boolean;
  readonly proposedAt: string;
  readonly endedAt?: string;
}

export interface ScoreRow extends TaskScore {
  readonly trial: TrialId;
  readonly split: Split;
}

export interface DocumentRow extends PackedDocumentValues {
  readonly trial: TrialId;
  readonly split: Split;
}

/** What the journal tells of: see docs/errors.md and `mergesweep status`. */
export type JournalKind =
  // The user's orders.
  | 'pause'
  | 'resume'
  | 'stop'
  | 'cancel'
  | 'extend'
  | 'retry'
  | 'inject'
  // What mergesweep did or found.
  | 'spec_edited'
  | 'forked'
  | 'engine_changed'
  | 'adopted'
  | 'recovered'
  | 'begun_again'
  | 'parents_pinned'
  | 'code_allowed'
  | 'batch_reduced'
  | 'cap_near'
  | 'cap_reached';

export interface JournalEntry {
  readonly kind: JournalKind;
  /** Of an order of the user. */
  readonly requestId?: string;
  /** Plain JSON; `message` is one sentence for `status`. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** ISO 8601, for display only. */
  readonly at: string;
}

/** The reading side of the ledger: what CLI, report and dashboard may use. */
export interface LedgerReader {
  readonly ledgerId: string;
  listSweeps(): SweepRow[];
  getSweep(name: string): SweepRow | undefined;
  /** By ordinal. */
  listTrials(sweep: string): TrialRow[];
  getTrial(sweep: string, trial: TrialId): TrialRow | undefined;
  /** Every trial, by ordinal, without what makes rows costly. */
  listStandings(sweep: string): readonly Standing[];
  listScores(sweep: string, trial?: TrialId): ScoreRow[];
  listDocuments(sweep: string, trial: TrialId): DocumentRow[];
  /** Sampler diagnostics stored with the last snapshot. */
  getDiagnostics(sweep: string): Diagnostics;
  /** How every attempt at a trial failed, by time; also of one that was scored in the end. */
  listFailures(sweep: string, trial: TrialId): TrialFailure[];
  /** By the last attempts alone. */
  countFailures(sweep: string): Partial<Record<FailureClass, number>>;
  /** In the optimizer's order: when each candidate was proposed and when its result was told. */
  listSearchEvents(sweep: string): SearchEvent[];
  /** What was done to the sweep besides its search, by time. */
  listJournal(sweep: string): JournalEntry[];
  close(): void;
}
