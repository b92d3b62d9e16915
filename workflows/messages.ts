/** Ids, queues and messages: the names that clients, workers and workflows share. No import of code. */
import type {
  OpenSweepInput,
  SteerInput,
  ReleaseOrder,
  RunTrialInput,
  SweepTurn,
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

/**
 * Retry policy of our workflows: one whose history can't be repeated (a fault of the SDK, a changed program)
 * ends as failed and begins again, the sweep from its ledger. All other failures of a workflow are final.
 */
export const beginAgain = {
  ...{ initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  maximumAttempts: 10,
} as const;

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
  /** Which of several sweeps the nodes serve first. @default that of the sweep file's defaults */
  readonly turn?: SweepTurn;
  /** Others want the same nodes: the registry is told what it needs. @default false */
  readonly isSharing?: boolean;
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
/** How many trials may be in flight, and whether other sweeps want the same nodes. */
export const capacitySignalName = 'capacity';
export const stopSignalName = 'stop';
/** Question to a sweep (`answer.ts`); the answer is a `SweepStatus`. */
export const sweepStatusQuestion = 'status';
/** Type of the failure that carries an answer, as its first detail. */
export const answerType = 'Answer';
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
/** Of a sweep that shares: its `SweepNeed`. */
export const needSignalName = 'need';
export const unsubscribeSignalName = 'unsubscribe';
/** Question to a registry; the answer is a `KnownNode[]`. */
export const nodesQuestion = 'nodes';

/** A node worker that is there, with the trials it runs at once. Earlier versions send the first two. */
export interface NodeAnnouncement {
  readonly nodeId: string;
  /** Evaluations at once, > 0. */
  readonly slots: number;
  /** Trials taken beyond the slots, to merge meanwhile: 0 or 1. @default 1 */
  readonly prefetch?: number;
  /** Slots that no trial has or waits for, 0..slots. Absent: not known. */
  readonly freeSlots?: number;
  /** `draining`: takes no more; `set-aside`: failed by its own fault too often. @default ready */
  readonly state?: NodeState;
  /** Why it is not `ready`, one sentence. */
  readonly reason?: string;
  /** Sweeps that it refuses, by the ids of their workflows: other tool versions, no card. */
  readonly refuses?: readonly { readonly sweep: string; readonly reason: string }[];
  /** What does not change while the worker runs. */
  readonly facts?: NodeFacts;
}

export type NodeState = 'ready' | 'draining' | 'set-aside';

/** A machine as its worker found it at its start. */
export interface NodeFacts {
  readonly host: string;
  /** Cards in use, as nvidia-smi tells; none on a CPU node. */
  readonly gpus: readonly NodeGpu[];
  /** Cards of one slot: more than 1 for a model over several cards. 0 on a CPU node. */
  readonly gpusPerTrial: number;
  /** Bytes that processes can get. */
  readonly ramBytes: number;
  /** Bytes free in the work folder's file system. */
  readonly diskFreeBytes: number;
  /** Bytes that the work folder may hold. Absent: what the disk has. */
  readonly diskQuotaBytes?: number;
  readonly cores: number;
  /** Of mergekit, lm-eval, torch, …: as results carry them. */
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly startedAt: string;
}

export interface NodeGpu {
  /** As `CUDA_VISIBLE_DEVICES` takes it: an index, or a UUID. */
  readonly id: string;
  readonly name?: string;
  readonly vramBytes?: number;
}

/** An announcement with the time of its coming, by the registry's clock. */
export type KnownNode = NodeAnnouncement & { readonly seenAtMs: number };

/** A node announces itself this often, and counts as gone after three times that. */
export const announceIntervalMs = 60_000;

/** A sweep that wants to know how many trials it may have in flight. */
export interface SweepSubscription {
  readonly workflowId: string;
  /** 1 (first) to 5; sweeps of equal priority share. @default 3 */
  readonly priority?: number;
  /** Share among those of equal priority, > 0. @default 1 */
  readonly weight?: number;
  /** Trials it could still use, those in flight included. Absent: as many as it gets. */
  readonly need?: number;
}

/** What a sweep can use now; without `need` as many trials as it gets. */
export type SweepNeed = Pick<SweepSubscription, 'workflowId' | 'need'>;

/** Input of `nodesWorkflow`; the lists are carried over continue-as-new. */
export interface NodesWorkflowInput {
  readonly nodes: readonly KnownNode[];
  /** Ids of the sweep workflows that want to know the capacity (of earlier versions). */
  readonly sweeps: readonly string[];
  readonly subscriptions?: readonly SweepSubscription[];
  /** Nodes that were told to drain. */
  readonly draining?: readonly string[];
}

/** Type of the failure with which a node that shuts down gives a trial back: it costs no attempt. */
export const handedBackFailureType = 'HandedBack';
/**
 * Type of the failure with which a node that can't run this sweep (other tool versions, no card, set
 * aside) gives a trial back: it costs no attempt and goes to another node after a pause.
 */
export const nodeRefusedFailureType = 'NodeRefused';
/** A node hands in what it finished while its completion did not get through: a `TrialOutcome`. */
export const handInSignalName = 'handIn';
/** Tells a node, by way of the registry, to take no more trials; and that it may again. */
export const drainSignalName = 'drain';
export const undrainSignalName = 'undrain';
/** Question to a registry: the ids of the nodes that were told to drain. */
export const drainingQuestion = 'draining';

/** How a sweep's workflow stands. */
export interface SweepStatus {
  readonly inFlight: readonly string[];
  readonly capacity: number;
  readonly summary: string;
  readonly state: string;
  readonly reason?: string;
  readonly isHeld?: boolean;
  /** The ledger has not yet said what is in flight. Absent: it has. */
  readonly isOpening?: boolean;
}
