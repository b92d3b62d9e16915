/** What the scheduler knows, what it hears and what it orders: the words of `scheduler.ts`. */
import type {
  ReleaseOrder,
  RunTrialInput,
  SweepState,
  TellAskReply,
  TrialId,
  TrialOutcome,
} from '../activities/contracts.js';
import type { StopMode } from './messages.js';

/** The part of a `TellAskInput` that the scheduler decides. */
export interface TellAskRequest {
  readonly requestId: number;
  readonly outcomes: readonly TrialOutcome[];
  readonly want: number;
}

export interface SchedulerState {
  /** `ending`: hands out no more, waits for what is in flight. */
  readonly phase: 'opening' | 'running' | 'ending' | 'ended';
  /** Trials that may be in flight at once, ≥ 0. */
  readonly capacity: number;
  readonly nextRequestId: number;
  /** Handed out, and no outcome has come. */
  readonly inFlight: readonly TrialId[];
  /** Those in flight that end with this run: it can't continue as new while there are any. */
  readonly attached: readonly TrialId[];
  /** Whether what is handed out now is attached: cheaper, until the history has become long. */
  readonly isAttaching: boolean;
  /** Came, and were not yet part of a request. */
  readonly untold: readonly TrialOutcome[];
  readonly asked?: TellAskRequest;
  /** The ledger gave less than was wanted: ask again only when an outcome or an order has come. */
  readonly isDry: boolean;
  /** The user holds the sweep: nothing is asked for, and it does not end for lack of trials. */
  readonly isHeld: boolean;
  /** Releases that were ordered and have not come back. */
  readonly releasing: readonly ReleaseOrder[];
  /** The history has become long. */
  readonly isRotationDue: boolean;
  /** Outcomes told since this run began. */
  readonly told: number;
  readonly stop?: StopMode;
  /** As the ledger last said. */
  readonly sweep: {
    readonly state: SweepState;
    readonly reason?: string;
    readonly summary: string;
  };
}

export interface TrialEnded {
  readonly type: 'trialEnded';
  readonly outcome: TrialOutcome;
  /** A workflow of its own has said so: not the attached trial of that number, if there is one. */
  readonly isDetached?: boolean;
}

/** A node has a result whose way here was cut: the trial may run again meanwhile. */
export interface TrialHandedIn {
  readonly type: 'handedIn';
  readonly outcome: TrialOutcome;
}

export type SchedulerEvent =
  | {
      readonly type: 'opened';
      readonly pending: readonly RunTrialInput[];
      readonly nextRequestId: number;
      readonly state: SweepState;
      readonly isHeld?: boolean;
      /** Came while the ledger was read: it may still await these. */
      readonly ended?: readonly TrialEnded[];
    }
  | TrialEnded
  | TrialHandedIn
  | { readonly type: 'reply'; readonly reply: TellAskReply }
  | { readonly type: 'capacityChanged'; readonly capacity: number }
  | { readonly type: 'stopRequested'; readonly mode: StopMode }
  | { readonly type: 'releaseDone'; readonly trial: TrialId }
  /** What the ledger holds to be in flight, read while no request was outstanding. */
  | {
      readonly type: 'reconciled';
      readonly pending: readonly RunTrialInput[];
      readonly isHeld?: boolean;
      /** Something else than this sweep's workflow wrote the ledger: it may have more to hand out. */
      readonly isChanged?: boolean;
      /** Came while the ledger was read: it may still await these. */
      readonly ended?: readonly TrialEnded[];
    }
  /** The ledger has carried out an order of the user, and stands so now. */
  | {
      readonly type: 'steered';
      readonly isHeld: boolean;
      readonly state: SweepState;
      readonly reason?: string;
    }
  | { readonly type: 'rotationDue' };

export type SchedulerCommand =
  | ({ readonly type: 'tellAsk' } & TellAskRequest)
  /**
   * Attached: as activities of this run. Detached: as workflows of their own, which outlive it;
   * one that runs already stays as it is.
   */
  | {
      readonly type: 'startTrials';
      readonly trials: readonly RunTrialInput[];
      readonly isAttached: boolean;
    }
  | { readonly type: 'cancelTrials'; readonly trials: readonly TrialId[] }
  | { readonly type: 'release'; readonly orders: readonly ReleaseOrder[] }
  /** With what `carry` says, once all other commands are done. */
  | { readonly type: 'continueAsNew' }
  | { readonly type: 'finish' }
  | { readonly type: 'pause'; readonly reason: string };

export interface Step {
  readonly state: SchedulerState;
  readonly commands: readonly SchedulerCommand[];
}

/** What one run of the workflow leaves to the next; the ledger knows the rest. */
export interface Carried {
  readonly requestId: number;
  readonly inFlight: readonly TrialId[];
  readonly outcomes: readonly TrialOutcome[];
  /** Ordered and perhaps not done: to be ordered again, twice is once. */
  readonly releases?: readonly ReleaseOrder[];
  readonly stop?: StopMode;
}
