/** What runs now, as the pool's registry and the heartbeats tell: beside the ledger, never in it. */
import type { TrialId } from '../../activities/contracts.js';
import type { TrialStage } from '../errors.js';

/** A node of the sweep's pool, or one that has ended trials of it. */
export interface LiveNode {
  readonly id: string;
  /**
   * `gone`: it ended trials of this sweep, and the pool does not know it now. `unknown`: it did, and
   * the pool could not be asked.
   */
  readonly state: 'ready' | 'draining' | 'set-aside' | 'gone' | 'unknown';
  /** Evaluations at once; 0 of a node that is gone or unknown. */
  readonly slots: number;
  /** Slots that a trial of any sweep has, or waits and merges for. */
  readonly busy: number;
  /** Cards by what nvidia-smi calls them; none on a CPU node. */
  readonly gpus: readonly LiveGpu[];
  /** Why it is not ready, one sentence. */
  readonly reason?: string;
  /** Sweeps that it runs no trial of: this one by its name, others by the id of their workflow. */
  readonly refuses?: readonly { readonly sweep: string; readonly reason: string }[];
  /** Since it last said that it is there; absent of a node that is gone or unknown. */
  readonly lastSeenSeconds?: number;
}

export interface LiveGpu {
  readonly id: string;
  readonly name?: string;
  readonly vramBytes?: number;
}

/** A trial in flight. */
export interface RunningTrial {
  readonly trial: TrialId;
  /** Absent: no node has taken it yet. */
  readonly node?: string;
  /** Where it is evaluated; absent while it waits or merges. */
  readonly slot?: string;
  readonly stage: TrialStage;
  /** 0..100 within the stage. */
  readonly percent: number;
  /** What the tool says it is doing. */
  readonly activity?: string;
  /** Since the node took it, this attempt; since it was handed out, where none has. */
  readonly seconds?: number;
}

export interface LiveSweep {
  readonly nodes: readonly LiveNode[];
  readonly running: readonly RunningTrial[];
}
