/** Ids, queues and messages: the names that clients, workers and workflows share. No import of code. */
import type {
  OpenSweepInput,
  SteerInput,
  ReleaseOrder,
  RunTrialInput,
  TrialOutcome,
} from '../activities/contracts.js';

export const gpuQueue = (pool?: string): string =>
  pool === undefined ? 'mergesweep-gpu' : `mergesweep-gpu-${pool}`;
export const coordinatorQueue = (ledgerId: string): string => `mergesweep-coordinator-${ledgerId}`;
export const nodeQueue = (nodeId: string): string => `mergesweep-node-${nodeId}`;
export const sweepWorkflowId = (ledgerId: string, sweep: string): string =>
  `mergesweep/${ledgerId}/${sweep}`;
export const trialWorkflowId = (ledgerId: string, sweep: string, trial: string): string =>
  `${sweepWorkflowId(ledgerId, sweep)}/t${trial}`;
/** Of an attached trial, so that its progress is found. Temporal's own ids are bare numbers. */
export const trialActivityId = (trial: string): string => `t${trial}`;
export const nodesWorkflowId = (pool?: string): string =>
  pool === undefined ? 'mergesweep/nodes' : `mergesweep/nodes-${pool}`;

/** Input of `sweepWorkflow`; the optional part is carried over continue-as-new. */
export interface SweepWorkflowInput {
  readonly open: OpenSweepInput;
  readonly pool?: string;
  /** Trials in flight at once until the node registry says otherwise. */
  readonly capacity: number;
  /** Outcomes after which the run continues as new. @default 250: about a megabyte of history */
  readonly outcomesPerRun?: number;
  /** A node that is silent for so long counts as dead, > 1. @default 30 */
  readonly heartbeatSeconds?: number;
  readonly carried?: {
    readonly requestId: number;
    readonly inFlight: readonly string[];
    readonly outcomes: readonly TrialOutcome[];
    readonly releases?: readonly ReleaseOrder[];
    readonly stop?: StopMode;
  };
}

/** Input of `trialWorkflow`. */
export interface TrialWorkflowInput {
  readonly run: RunTrialInput;
  readonly parentId: string;
  readonly pool?: string;
  /** As `SweepWorkflowInput.heartbeatSeconds`. */
  readonly heartbeatSeconds?: number;
}

export const trialEndedSignalName = 'trialEnded';
export const capacitySignalName = 'capacity';
export const stopSignalName = 'stop';
export const sweepStatusQueryName = 'status';
export const steerUpdateName = 'steer';
/** The ledger was written while no coordinator ran: the sweep looks again what it awaits. */
export const lookAgainSignalName = 'lookAgain';

/** Argument of the update `steer`; its id is the `requestId`, so that Temporal drops repeats as well. */
export type SteerMessage = Pick<SteerInput, 'requestId' | 'order'>;
/** Type of the failure of an order that makes no sense. */
export const refusedOrderType = 'steer_refused';
/** Type of the failure of an order that came when the sweep's workflow had just ended. */
export const sweepEndedType = 'sweep_ended';
/** Of the workflow that carries out an order to a sweep that has no workflow now. */
export const steerWorkflowId = ({ ledgerId, sweep, requestId }: SteerInput): string =>
  `${sweepWorkflowId(ledgerId, sweep)}/order-${requestId}`;

/** `drain`: what runs may end; `now`: what runs is cancelled. */
export type StopMode = 'drain' | 'now';

/** The queue of the node registries: every coordinator process polls it, whatever its ledger. */
export const registryQueue = 'mergesweep-registry';
export const announceSignalName = 'announce';
export const withdrawSignalName = 'withdraw';
export const subscribeSignalName = 'subscribe';
export const nodesQueryName = 'nodes';

/** A node worker that is there, with the trials it runs at once. */
export interface NodeAnnouncement {
  readonly nodeId: string;
  /** > 0. */
  readonly slots: number;
}

/** A node announces itself this often, and counts as gone after three times that. */
export const announceIntervalMs = 60_000;

/** Input of `nodesWorkflow`; both lists are carried over continue-as-new. */
export interface NodesWorkflowInput {
  readonly nodes: readonly (NodeAnnouncement & { readonly seenAtMs: number })[];
  /** Ids of the sweep workflows that want to know the capacity. */
  readonly sweeps: readonly string[];
}

/** Type of the failure with which a node that shuts down gives a trial back: it costs no attempt. */
export const handedBackFailureType = 'HandedBack';

/** Reply of the sweep workflow's `status` query. */
export interface SweepStatus {
  readonly inFlight: readonly string[];
  readonly capacity: number;
  readonly summary: string;
  readonly state: string;
  readonly reason?: string;
  readonly isHeld?: boolean;
}
