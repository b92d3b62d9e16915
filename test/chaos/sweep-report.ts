/** What one sweep under chaos came to. */
import { ledgerViolations, type LedgerViolation } from './check-ledger.js';
import type { Contradiction } from './witness.js';

export const violationKinds = [
  'lost',
  'changed',
  ...ledgerViolations,
  // The sweep does not go on, or pauses again and again, or a start was refused.
  'stuck',
  'refused',
  // Two processes had the ledger open for writing.
  'writers',
  // A process outlived its owner, or the sweep, by more than 10 s.
  'orphan',
  // What was asked to end (SIGTERM, SIGINT) had not after 10 s.
  'slow_end',
] as const;
export type ViolationKind = (typeof violationKinds)[number];

export type Violation =
  LedgerViolation | Contradiction | { readonly kind: ViolationKind; readonly text: string };

export const deathKinds = ['kill', 'point', 'stop', 'term', 'race', 'server', 'wipe'] as const;
export type DeathKind = (typeof deathKinds)[number];

export interface SweepReport {
  readonly violations: readonly Violation[];
  /** What was really done, by kind. */
  readonly deaths: Readonly<Record<DeathKind, number>>;
  /** By crash point, e.g. `after commit`. */
  readonly points: Readonly<Record<string, number>>;
  readonly scored: number;
  /** Trials of which a tool was started more than once. */
  readonly restarted: number;
  /** Times that a workflow whose history could not be repeated began again. */
  readonly begunAgain: number;
  /** Seconds. */
  readonly rescheduledAfterKill: readonly number[];
  readonly rescheduledAfterTerm: readonly number[];
  /** From the start of the process to the next change in the ledger. */
  readonly coordinatorToProgress: readonly number[];
  readonly serverToProgress: readonly number[];
  /** From SIGTERM to the end of the process. */
  readonly termToEnd: readonly number[];
  /** Exits of `run` that nobody asked for, by code. */
  readonly exits: Readonly<Record<string, number>>;
}
