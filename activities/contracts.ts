/**
 * What workflows and activities say to each other. Types only: workflows import them with
 * `import type`, and nothing here may pull in Node.
 *
 * Every activity may run twice; each contract says what the second run does.
 */
import type { CostEstimates } from '../src/budget/cost.js';
import type { EvaluationPlan } from '../src/evaluation/plan.js';
import type { PackedEvalReport } from '../src/evaluation/eval-report.js';
import type { MergeRecipe } from '../src/merge/recipe.js';
import type { TrialFailure, TrialStage } from '../src/errors.js';

/**
 * `search` trials are numbered `1`…`max_trials`; baselines `b1`…, confirmations `c1`…; a promotion of
 * trial 7 to rung 2 is `7r2`.
 */
export type TrialId = string;
export type TrialKind = 'search' | 'baseline' | 'confirm' | 'promotion';

/** What a trial evaluates: a merge to be made, or a model that exists (base, parent). */
export type TrialSubject =
  | { readonly kind: 'merge'; readonly recipe: MergeRecipe }
  | { readonly kind: 'model'; readonly label: string; readonly model: string };

/** Limits of one attempt; minutes. A stage that shows no progress for `stallMinutes` is a hang. */
export interface StageLimits {
  readonly mergeMinutes: number;
  readonly evaluateMinutes: number;
  readonly stallMinutes: number;
}

/** mergekit-yaml options that are not part of the recipe. */
export interface MergeOptions {
  readonly cuda: boolean;
  readonly lowCpuMemory: boolean;
  /** Further flags, `{gpu_rich: true}` → `--gpu-rich`. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
}

/** Who evaluates: two fresh programs a trial, or one process that keeps the model. */
export type EvaluationMode = 'cold' | 'warm';

/** How a node may evaluate the trials of a sweep. */
export interface EvaluatorChoice {
  /** `auto`: warm where it can be and was proved equal to cold; `warm`: or fail and say why not. */
  readonly mode: 'auto' | EvaluationMode;
  /** Its config and tokenizer are those of every merge. Absolute path, or Hub id. */
  readonly baseModel: string;
  /** Base and parents. */
  readonly models: readonly string[];
  /** Of the merged weights, mergekit's name. */
  readonly dtype: string;
  /** Whether the first merge on a node is evaluated in both ways and compared. */
  readonly isVerified: boolean;
}

export interface RunTrialInput {
  readonly ledgerId: string;
  readonly sweep: string;
  readonly trial: TrialId;
  readonly kind: TrialKind;
  readonly subject: TrialSubject;
  readonly mergeOptions: MergeOptions;
  readonly evaluation: EvaluationPlan;
  readonly limits: StageLimits;
  /** Absent: cold. */
  readonly evaluator?: EvaluatorChoice;
  /** Whether a merge is to be written to disk even where the evaluation does not need it. */
  readonly isCheckpointWanted?: boolean;
  /** Attempts in all, ≥ 1; read by its retry policy. */
  readonly maxAttempts: number;
  /** Who has the very merge on disk: the trial goes there first, and need not merge again. */
  readonly holder?: CheckpointHolder;
  /** Base and parents by label; absent in trials of versions that pinned no bytes. */
  readonly sources?: Readonly<Record<string, string>>;
  /** The bytes that the sweep has pinned, SHA-256 by label: a node that finds others fails the trial. */
  readonly parents?: Readonly<Record<string, string>>;
  /** `<recipe fingerprint>-<evaluation hash>`: names the work folder; equal keys are equal work. */
  readonly workKey: string;
  /** What the trial may use up, all attempts together; absent: no cap but the limits. */
  readonly lease?: TrialLease;
  /** What it used up on nodes that handed it back. Absent: none did. */
  readonly used?: TrialUse;
  /** Tool versions that the sweep's scores were made with so far, and what a node with others does. */
  readonly pinnedTools?: PinnedTools;
  /** Which sweep goes first where several wait for the same nodes. */
  readonly turn?: SweepTurn;
}

/**
 * A share of the sweep's budget, set aside when the trial is handed out: the node stops the trial, as
 * failure class `budget`, before it uses more.
 */
export interface TrialLease {
  /** Card-seconds (slots without a card count as one), > 0. Absent: not capped. */
  readonly gpuSeconds?: number;
  /** Seconds from its hand-out to the nodes until it must have ended, > 0. Absent: not capped. */
  readonly wallSeconds?: number;
}

/** What a trial has used up of its lease; a `HandedBack` failure says it, and the next node counts on. */
export interface TrialUse {
  /** Card-seconds of all attempts. */
  readonly gpuSeconds: number;
  /** When it was handed out to the nodes, ms since the epoch. */
  readonly sinceMs: number;
}

export interface PinnedTools {
  readonly versions: Readonly<Record<string, string>>;
  /** `refuse`: the trial goes to another node; `warn`: it runs, and the result says so. */
  readonly policy: 'refuse' | 'warn';
}

export interface SweepTurn {
  /** Temporal's priority key: 1 (first) to 5. */
  readonly priority: number;
  /** Share among sweeps of equal priority, > 0. */
  readonly weight: number;
}

/** What a `NodeRefused` failure says. */
export interface NodeRefusal {
  readonly node: string;
  /** What the node lacks, one sentence. */
  readonly reason: string;
  /** How the attempt ended that failed by the node's own fault. Absent: nothing was tried. */
  readonly failure?: TrialFailure;
}

export interface CheckpointHolder {
  readonly node: string;
  /** Of the trial that it was made for. */
  readonly workKey: string;
}

export interface CheckpointManifest {
  /** SHA-256 per weight file (`model.safetensors`, …), hex. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 over the sorted `name\0hash\n` lines. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What `runTrial` returns, and what `result.json` holds: a second run returns it at once. */
export interface RunTrialResult {
  readonly report: PackedEvalReport;
  /** Absent for `model` subjects, and for merges that were only held in memory. */
  readonly checkpoint?: CheckpointManifest;
  readonly node: string;
  readonly attempt: number;
  readonly seconds: { readonly merge: number; readonly evaluate: number };
  /** Seconds of waiting on the node: for the merge, and merged for a slot. Absent in results of earlier versions. */
  readonly waitSeconds?: { readonly merge: number; readonly slot: number };
  /**
   * Card-seconds that this attempt held, merge on a card included, and nodes that handed it back before.
   * Absent in results of earlier versions.
   */
  readonly gpuSeconds?: number;
  /** It came while every slot of the node was taken. Absent: it did not, or of an earlier version. */
  readonly isPrefetched?: boolean;
  /** The slot of the node it was evaluated in, e.g. `slot-1`. */
  readonly slot?: string;
  /** Absent in results of versions that knew only `cold`. */
  readonly mode?: EvaluationMode;
  /** Why it was evaluated in this mode, one sentence. */
  readonly modeReason?: string;
  /** Of the evaluation, where the plan's needed too much memory. */
  readonly batchSize?: number;
  /** How the attempts before ended, by time. */
  readonly failures?: readonly TrialFailure[];
  /** Base and parents as they were found: SHA-256 by label, of those that are on the node. */
  readonly parents?: Readonly<Record<string, string>>;
  /** `cpu` or `cuda`: DARE's masks differ between them. */
  readonly deviceClass: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Absolute path on the node. */
  readonly workDir: string;
}

/** The heartbeat details of `runTrial`. */
export interface TrialProgress {
  readonly stage: TrialStage;
  /** 0..100 within the stage. */
  readonly percent: number;
  /** What the tool says it is doing, e.g. `Running generate_until requests`. */
  readonly activity?: string;
  readonly node: string;
  /** Where it is evaluated; absent while it waits or merges. */
  readonly slot?: string;
  /** Card-seconds that this attempt has held so far; those of `failures` come on top. */
  readonly gpuSeconds?: number;
  /** How the attempts so far ended, by time: the next one, on any node, reads it from here. */
  readonly failures?: readonly TrialFailure[];
  /** The attempt has ended, with the last of `failures`; without it the node was lost. */
  readonly hasEnded?: boolean;
}

export type TrialOutcome =
  | { readonly trial: TrialId; readonly status: 'complete'; readonly result: RunTrialResult }
  | { readonly trial: TrialId; readonly status: 'failed'; readonly failure: TrialFailure }
  | { readonly trial: TrialId; readonly status: 'cancelled'; readonly reason: string };

/** A checkpoint whose trial is accepted or finally failed. */
export interface ReleaseOrder {
  readonly trial: TrialId;
  readonly node: string;
  readonly workKey: string;
  readonly keep: boolean;
}

export interface OpenSweepInput {
  readonly ledgerId: string;
  readonly sweep: string;
  /** The YAML text as read. */
  readonly specText: string;
  /** Absolute path of the file that the text is from: relative paths in it resolve against its folder. */
  readonly specPath: string;
  /** What the user lets run as code, by label: for the journal. Nodes go by their own flags. */
  readonly allowed?: { readonly pickle: readonly string[]; readonly taskCode: boolean };
  /** What a trial of each kind is expected to take; the first that is told stays. */
  readonly estimate?: CostEstimates;
  /** A new sweep begins with what this one knows, as far as that compares; read at creation only. */
  readonly forkOf?: string;
  /** Only says what is in flight: a paused sweep stays paused. Without it a paused one goes on. */
  readonly isReconciling?: boolean;
  /** Its workflow could not be repeated and begins again, as the run of this id: for the journal. */
  readonly begunAgain?: string;
}
export interface OpenSweepReply {
  /** Trials that were handed out and have not ended: to be started again, results are reused. */
  readonly pending: readonly RunTrialInput[];
  readonly nextRequestId: number;
  readonly state: SweepState;
  /** The user holds it: nothing is handed out. Absent: not. */
  readonly isHeld?: boolean;
}

/** `paused` and `stopped` sweeps go on when they are run again. */
export type SweepState = 'running' | 'paused' | 'finished';

export interface TellAskInput {
  readonly ledgerId: string;
  readonly sweep: string;
  /** Counts up in the workflow; the ledger answers a repeated id with the stored reply. */
  readonly requestId: number;
  readonly outcomes: readonly TrialOutcome[];
  /** How many more trials could start now, ≥ 0. */
  readonly want: number;
}
export interface TellAskReply {
  readonly requestId: number;
  /** At most `want`; fewer (or none) when the budget or the stage has no more to hand out now. */
  readonly trials: readonly RunTrialInput[];
  readonly releases: readonly ReleaseOrder[];
  readonly state: SweepState;
  /** Why the sweep is paused. */
  readonly reason?: string;
  /** The user holds it, now: nothing is handed out. Absent: not. */
  readonly isHeld?: boolean;
  /** For the workflow's memo and Temporal's UI, e.g. `12/40 best 0.912`. */
  readonly summary: string;
  /** For Temporal's UI. Absent in replies of earlier versions. */
  readonly progress?: SweepProgress;
}

/** How a sweep stands, in a line. */
export interface SweepProgress {
  /** Search trials that have ended, however. */
  readonly ended: number;
  readonly maxTrials: number;
  readonly best?: { readonly trial: TrialId; readonly score: number };
  readonly bestParent?: { readonly label: string; readonly score: number };
  /** Card-hours of attempts that have ended; of sweeps with a price or a cap. */
  readonly gpuHours?: number;
  readonly usd?: number;
}

export interface FinishSweepInput {
  readonly ledgerId: string;
  readonly sweep: string;
  /** Present: the sweep has not ended but pauses, for this reason; it goes on when it is run again. */
  readonly pause?: string;
}
export interface SweepSummary {
  readonly sweep: string;
  readonly state: SweepState;
  readonly reason?: string;
  readonly trialsProposed: number;
  readonly bestTrial?: TrialId;
}

/** What `extend` adds; all > 0. */
export interface Extension {
  /** Search trials. */
  readonly trials?: number;
  /** To the cap `budget.gpu_hours`. */
  readonly gpuHours?: number;
  /** To the cap `budget.usd`. */
  readonly usd?: number;
  /** To the cap `budget.wall_clock_hours`. */
  readonly wallClockHours?: number;
}

/** What a user asks of a sweep while it runs, or while nothing runs it. */
export type SteerOrder =
  /** What runs goes on, nothing is handed out. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** What runs may end, then the sweep's workflow ends; it goes on when it is run again. */
  | { readonly kind: 'stop' }
  /** What runs is killed, then the sweep's workflow ends; it goes on when it is run again. */
  | { readonly kind: 'cancel' }
  /** So much more of what is named, at least one; caps that the sweep has, and search trials. */
  | ({ readonly kind: 'extend' } & Extension)
  /** Failed trials run again under their numbers: those named, or all for which infrastructure was to blame. */
  | { readonly kind: 'retry'; readonly trials?: readonly TrialId[] }
  /** The next candidate is this one: every searched number by its name. Counts to the budget. */
  | { readonly kind: 'inject'; readonly params: Readonly<Record<string, number>> };

export interface SteerInput {
  readonly ledgerId: string;
  readonly sweep: string;
  /** Names the order: the same one again is done already. */
  readonly requestId: string;
  readonly order: SteerOrder;
}
export interface SteerReply {
  /** One sentence for the user: what is different now. */
  readonly message: string;
  /** As it is now, also when the order was carried out before. */
  readonly isHeld: boolean;
  readonly state: SweepState;
  /** Why the sweep is paused. */
  readonly reason?: string;
}

/** On the queue `mergesweep-coordinator-<ledgerId>`; each refuses another ledger's id. */
export interface CoordinatorActivities {
  /** Creates the sweep or opens it again; twice is once. Refuses another spec under the same name. */
  openSweep(input: OpenSweepInput): Promise<OpenSweepReply>;
  /** Accepts outcomes and hands out trials in one transaction; a repeat returns the stored reply. */
  tellAsk(input: TellAskInput): Promise<TellAskReply>;
  /** Writes `best_config.yaml` and the final state; twice writes the same. */
  finishSweep(input: FinishSweepInput): Promise<SweepSummary>;
  /**
   * Carries out an order of the user in one transaction and records it; the same `requestId` again
   * changes nothing and gets the same message. Refuses what makes no sense, with `steer_refused`.
   */
  steer(input: SteerInput): Promise<SteerReply>;
}

/** On the queue `mergesweep-gpu[-pool]`. */
export interface NodeActivities {
  /** Merge, evaluate, verify, `result.json`; a second run with the same `workKey` returns that file. */
  runTrial(input: RunTrialInput): Promise<RunTrialResult>;
}

/** On the queue `mergesweep-node-<id>`, beside `runTrial` for trials that it holds the merge of. */
export interface NodeAdminActivities {
  /** Deletes (or marks as kept) the checkpoint of a work folder; a missing one is done already. */
  releaseCheckpoint(order: ReleaseOrder): Promise<void>;
}
