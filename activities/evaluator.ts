import type { EvalReport } from '../src/evaluation/eval-report.js';
import type { ProcessOrder } from '../src/external/processes.js';
import type { WorkFolder } from '../src/external/work-folder.js';
import type { CheckpointManifest, EvaluationMode, RunTrialInput } from './contracts.js';
import type { ProgressHeartbeat } from './progress-heartbeat.js';
import type { Slot } from './slots.js';
import type { TrialSlots } from './trial-slots.js';

/** One attempt at one trial, as the evaluators see it. */
export interface TrialWork {
  readonly input: RunTrialInput;
  readonly folder: WorkFolder;
  /** Fresh folder of this attempt. */
  readonly attemptDir: string;
  /** Which device the masks are drawn on. */
  readonly deviceClass: 'cpu' | 'cuda';
  readonly versions: Readonly<Record<string, string>>;
  /** Size and time of change of every file that the result depends on, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly heartbeat: ProgressHeartbeat;
  readonly slots: TrialSlots;
  /** What every program of the trial gets; `slot` says on which cards it runs. */
  processOrder(slot: Slot): StageProcess;
  /** Runs what writes the merge to disk, once there is space for it. */
  withSpace<T>(merge: () => Promise<T>): Promise<T>;
  /** Where the log of what runs now lies, for the failure. */
  noteLog(path: string): void;
}

export interface StageProcess extends Pick<ProcessOrder, 'env' | 'stallMs' | 'graceMs'> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly activity: string; readonly percent: number }) => void;
}

export interface Evaluated {
  readonly report: EvalReport;
  /** Present where the merge was written to disk. */
  readonly checkpoint?: CheckpointManifest;
  readonly seconds: { readonly merge: number; readonly evaluate: number };
  readonly mode: EvaluationMode;
  /** One sentence. */
  readonly modeReason: string;
  /** Where it was smaller than asked for, since that needed too much memory. */
  readonly batchSize?: number;
}

/** Merges and evaluates a trial; whichever way, the report is the same. */
export interface Evaluator {
  /** @throws StageFailedError; the signal's reason when aborted, with nothing of it running. */
  evaluate(work: TrialWork): Promise<Evaluated>;
}

/** Seconds since `start` of `performance.now()`, to the millisecond. */
export function secondsSince(start: number): number {
  return Math.round(performance.now() - start) / 1000;
}
