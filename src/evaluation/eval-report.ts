import type { Split } from './plan.js';

/** One metric of one eval task as lm-eval reported it. */
export interface TaskScore {
  readonly task: string;
  /** lm-eval's full key, e.g. `acc,none`. */
  readonly metric: string;
  /** Finite. */
  readonly value: number;
  /** Absent where lm-eval says `N/A`. */
  readonly stderr?: number;
  /** Effective number of documents, > 0. */
  readonly documents: number;
  readonly higherIsBetter: boolean;
}

/** The metric's value on each document, in ascending `doc_id` order. */
export interface DocumentValues {
  readonly task: string;
  readonly metric: string;
  readonly documentIds: readonly number[];
  readonly values: readonly number[];
  /**
   * XOR of the SHA-256 of each document's id and `doc_hash`, so that the hash of two parts is that of
   * the whole: equal between trials that may be paired.
   */
  readonly documentsHash: string;
}

/** A verified evaluation: every planned task and metric is there, finite and complete. */
export interface EvalReport {
  readonly split: Split;
  readonly scores: readonly TaskScore[];
  readonly documents: readonly DocumentValues[];
  /** lm-eval's `task_hashes`, where given: equal between trials that may be compared. */
  readonly taskHashes: Readonly<Record<string, string>>;
  /** `versions` of the tasks. */
  readonly taskVersions: Readonly<Record<string, string | number>>;
  /** Documents that lm-eval has of each leaf task, whether scored or not; absent in old results. */
  readonly leafCounts?: Readonly<Record<string, number>>;
}

/**
 * `EvalReport` as it travels over Temporal and lies in the ledger: per-document values packed
 * (bits for 0/1, float32 otherwise; gzip; base64), 256 KB at most in all.
 */
export interface PackedEvalReport {
  readonly split: Split;
  readonly scores: readonly TaskScore[];
  readonly documents: readonly PackedDocumentValues[];
  readonly taskHashes: Readonly<Record<string, string>>;
  readonly taskVersions: Readonly<Record<string, string | number>>;
  readonly leafCounts?: Readonly<Record<string, number>>;
}

export interface PackedDocumentValues {
  readonly task: string;
  readonly metric: string;
  readonly count: number;
  readonly encoding: 'bits' | 'float32';
  /** gzip + base64 of the values in ascending doc_id order. */
  readonly values: string;
  /** gzip + base64 of the ids as JSON; left out when they are 0..count-1. */
  readonly documentIds?: string;
  readonly documentsHash: string;
}
