/** Every error that mergesweep throws on purpose. No import: workflow code may use this file. */

/**
 * What went wrong in a trial, as classes with a policy each.
 * `configuration` concerns every trial of the sweep alike and pauses it at once.
 */
export const failureClasses = [
  'bad_score',
  'invalid_merge',
  'degenerate_merge',
  'out_of_memory',
  'hang',
  'timeout',
  'crash',
  'no_output',
  'truncated_results',
  'disk_full',
  'node_lost',
  'tool_missing',
  'configuration',
] as const;
export type FailureClass = (typeof failureClasses)[number];

/**
 * Who is to blame: the `candidate` (told to the optimizer as worst rank), the `infrastructure`
 * (forgotten by the optimizer), or the whole `sweep` (pauses it).
 */
export function failureOwner(failureClass: FailureClass): 'candidate' | 'infrastructure' | 'sweep' {
  switch (failureClass) {
    case 'bad_score':
    case 'invalid_merge':
    case 'degenerate_merge':
      return 'candidate';
    case 'tool_missing':
    case 'configuration':
      return 'sweep';
    case 'out_of_memory':
    case 'hang':
    case 'timeout':
    case 'crash':
    case 'no_output':
    case 'truncated_results':
    case 'disk_full':
    case 'node_lost':
      return 'infrastructure';
  }
}

/** Whether another attempt could end otherwise: a deterministic failure is not tried twice. */
export function isRetryable(failureClass: FailureClass): boolean {
  return failureOwner(failureClass) === 'infrastructure';
}

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
  constructor(
    failureClass: FailureClass,
    reason: string,
    options?: { cause?: unknown; logTail?: string },
  ) {
    super(`trial_${failureClass}`, reason, options);
    this.failureClass = failureClass;
    if (options?.logTail !== undefined) this.logTail = options.logTail;
  }
}

/** Thrown when flags, settings or environment can't be used. Exit code 2. */
export class UsageError extends MergesweepError {}

/** Thrown when the results folder, its ledger or its lock can't be used. */
export class LedgerError extends MergesweepError {}

/** Thrown when a program that the sweep needs is missing or too old. Exit code 3. */
export class MissingToolError extends MergesweepError {}
