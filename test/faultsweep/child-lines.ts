import type { FaultKind } from './faults.js';
import type { Violation } from './scenario.js';

/** What a child says, one line of JSON each. */
export type ChildLine =
  | {
      readonly event: 'count';
      readonly kind: FaultKind;
      readonly calls: number;
      readonly violations: readonly Violation[];
    }
  | { readonly event: 'begin'; readonly fault: string }
  | {
      readonly event: 'end';
      readonly fault: string;
      readonly calls: number;
      /** How often a call failed; 0: the fault was not reached. */
      readonly hits: number;
      readonly violations: readonly Violation[];
    };
