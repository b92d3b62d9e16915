import type { FaultKind } from './faults.js';

/** What must never follow from a call that fails. */
export const violationKinds = [
  /** An error without a code, or one that the program calls its own fault. */
  'unclear',
  /** A rejection that nobody waits for, or the end of the process. */
  'unhandled',
  /** No end within the limit. */
  'hang',
  /** What was acknowledged is not there any more. */
  'lost',
  /** Another score, proposal or file than without the fault. */
  'wrong',
  /** It does not go on once the fault is gone. */
  'stuck',
  /** Temporary files or processes that nobody clears. */
  'leftover',
] as const;
export type ViolationKind = (typeof violationKinds)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly what: string;
}

/** Something that the product does, in a fresh folder, so that it can be watched failing. */
export interface Scenario {
  readonly kinds: readonly FaultKind[];
  /** Runs with a fault; what it says is checked at once. Never throws. */
  start(folder: string): Promise<Violation[]>;
  /** Runs in what `start` left, as a new process would, without a fault. Never throws. */
  goOn(folder: string): Promise<Violation[]>;
}
