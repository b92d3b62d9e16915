/** Every error that mergesweep throws on purpose. No import: workflow code may use this file. */

/** Who is to blame for a failed trial; what follows for the sweep hangs on it. */
export type FailureOwner =
  /** The optimizer is told the worst rank. */
  | 'candidate'
  /** The optimizer forgets that it proposed the candidate. */
  | 'infrastructure'
  /** The next trial would fail alike: the sweep pauses, and the trial goes on when it is run again. */
  | 'sweep';

/** What is done about a failure; docs/errors.md has the same table, and a test compares them. */
export interface FailurePolicy {
  readonly owner: FailureOwner;
  /** `once`: it would end the same way again. `all`: as often as `limits.attempts` allows. */
  readonly attempts: 'once' | 'all';
  /** What another attempt does differently, one clause. */
  readonly onRetry?: string;
}

const candidate = { owner: 'candidate', attempts: 'once' } as const;
const infrastructure = { owner: 'infrastructure', attempts: 'all' } as const;
const sweep = { owner: 'sweep', attempts: 'once' } as const;

/** What went wrong in a trial, as classes with a policy each. */
export const failurePolicies = {
  bad_score: candidate,
  invalid_merge: candidate,
  degenerate_merge: candidate,
  out_of_memory: {
    ...infrastructure,
    onRetry: 'an evaluation at once with half the batch size, at most twice, then no more',
  },
  hang: infrastructure,
  timeout: infrastructure,
  crash: infrastructure,
  no_output: infrastructure,
  truncated_results: infrastructure,
  start_refused: infrastructure,
  node_lost: { ...infrastructure, onRetry: 'on any node; four losses cost no attempt' },
  disk_full: {
    owner: 'sweep',
    attempts: 'all',
    onRetry: 'what the attempt wrote is deleted, the space is checked again',
  },
  disk_unusable: { owner: 'sweep', attempts: 'all', onRetry: 'on any node' },
  card_unusable: { owner: 'sweep', attempts: 'all', onRetry: 'on any node' },
  /** It used up its share of the sweep's budget. */
  budget: { ...infrastructure, attempts: 'once' },
  /** No node would run it. */
  node_unfit: sweep,
  parent_changed: sweep,
  tool_missing: sweep,
  configuration: sweep,
} as const satisfies Readonly<Record<string, FailurePolicy>>;

export type FailureClass = keyof typeof failurePolicies;
export const failureClasses = Object.keys(failurePolicies) as readonly FailureClass[];

export function failureOwner(failureClass: FailureClass): FailureOwner {
  return failurePolicies[failureClass].owner;
}

/** Whether another attempt could end otherwise: a deterministic failure is not tried twice. */
export function isRetryable(failureClass: FailureClass): boolean {
  return failurePolicies[failureClass].attempts === 'all';
}

/**
 * A lost node says little against its trial, yet one that takes its machines down must end: so many
 * losses cost no attempt, those after them one each.
 */
export const sparedLosses = 4;

/** How long what a machine is to blame for is given to pass: 5 s, twice as long each time, 2 min at most. */
export function retryDelayMs(attempt: number): number {
  return Math.min(120_000, 5_000 * 2 ** (attempt - 1));
}

/**
 * What is wrong is the node, not the trial: it goes to another node and loses no attempt, and a node that
 * has three in a row is set aside. `tool_missing` may be of one sweep only, whose tasks need a package.
 */
export const nodeFaults: readonly FailureClass[] = [
  'card_unusable',
  'disk_unusable',
  'start_refused',
  'tool_missing',
];

/** So many batch sizes smaller than the planned one are tried, each half of the one before. */
export const mostBatchHalvings = 2;

/** The stage of a trial on its node. */
export type TrialStage = 'queued' | 'merge' | 'evaluate' | 'collect';

/** Why a trial failed: a row like any other result, shown by `show`. */
export interface TrialFailure {
  readonly class: FailureClass;
  /** One sentence: what was expected, what came, what to do. */
  readonly reason: string;
  readonly stage: TrialStage;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Where it was tried; absent when no node had taken it. */
  readonly node?: string;
  /** Path of the log on the node that ran the trial, if one was written. */
  readonly logPath?: string;
  /** The last lines of that log, at most 4 KiB. */
  readonly logTail?: string;
  /** Of the evaluation, where it was smaller than the sweep's. */
  readonly batchSize?: number;
  /** Card-seconds that the attempt held. Absent in failures of earlier versions. */
  readonly gpuSeconds?: number;
  /** Of an attempt that was not the last. */
  readonly isRetried?: boolean;
  /** How the attempts before this one ended, by time; in the ledger they are rows of their own. */
  readonly earlier?: readonly TrialFailure[];
}

/** Base of all errors below; `code` is stable and documented in docs/errors.md. */
export class MergesweepError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Thrown when a trial can't go on: becomes its `TrialFailure`. */
export class TrialFailedError extends MergesweepError {
  readonly failure: TrialFailure;
  constructor(failure: TrialFailure, options?: { cause?: unknown }) {
    super(`trial_${failure.class}`, failure.reason, options);
    this.failure = failure;
  }
}

/** Thrown by the code of a stage; the activity adds stage and attempt and makes a `TrialFailure` of it. */
export class StageFailedError extends MergesweepError {
  readonly failureClass: FailureClass;
  /** The last lines of the tool's log, at most 4 KiB. */
  readonly logTail?: string;
  /** Whatever its class allows, another attempt would end the same way: all was tried within this one. */
  readonly isFinal: boolean;
  constructor(
    failureClass: FailureClass,
    reason: string,
    options?: { cause?: unknown; logTail?: string; isFinal?: boolean },
  ) {
    super(`trial_${failureClass}`, reason, options);
    this.failureClass = failureClass;
    if (options?.logTail !== undefined) this.logTail = options.logTail;
    this.isFinal = options?.isFinal ?? false;
  }
}

/** Thrown when flags, settings or environment can't be used. Exit code 2. */
export class UsageError extends MergesweepError {}

/** Thrown when the results folder, its ledger or its lock can't be used. */
export class LedgerError extends MergesweepError {}

/** Thrown when a program that the sweep needs is missing or too old. Exit code 3. */
export class MissingToolError extends MergesweepError {}
