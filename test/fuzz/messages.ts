/** What the parent and the process of a target say to each other. */
import type { Verdict } from './fuzzer.js';

export interface CaseOrder {
  readonly index: number;
  /** Only write the case to its file: it hung or killed its process before. */
  readonly isWriteOnly?: boolean;
}

export interface ReadyMessage {
  readonly ready: true;
  readonly count?: number;
}

export interface CaseReport {
  readonly index: number;
  readonly verdict: Verdict;
  readonly cpuMs: number;
  /** Most memory that the process ever had. */
  readonly peakBytes: number;
  readonly rssBytes: number;
  /** Where a failing case was written to. */
  readonly file?: string;
}
