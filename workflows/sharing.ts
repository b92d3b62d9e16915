/** Where several sweeps want the same nodes: what this one needs is told, so that others get the rest. */
import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { SweepTurn } from '../activities/contracts.js';
import {
  needSignalName,
  nodesWorkflowId,
  subscribeSignalName,
  unsubscribeSignalName,
} from './messages.js';
import type { SweepNeed, SweepSubscription } from './messages.js';
import type { SchedulerState } from './scheduler-state.js';

type NeedState = Pick<SchedulerState, 'phase' | 'isDry' | 'isHeld' | 'inFlight' | 'asked'>;

/**
 * Trials that a sweep can use: undefined while it takes as many as it gets, `unclear` until the ledger
 * has answered.
 */
export function findNeed(state: NeedState): number | undefined | 'unclear' {
  if (state.phase === 'opening' || state.asked !== undefined) return 'unclear';
  const isShort = state.phase !== 'running' || state.isDry || state.isHeld;
  return isShort ? state.inFlight.length : undefined;
}

/** A lone sweep tells nothing: it costs no message. */
export class Sharing {
  isOn: boolean;
  private readonly registry: string;
  private told: number | undefined | 'nothing' = 'nothing';

  constructor(pool: string | undefined, isOn: boolean) {
    this.registry = nodesWorkflowId(pool);
    this.isOn = isOn;
  }

  /** The registry has told a share, and may know nothing of the need. */
  hear(isShared: boolean): void {
    this.isOn = isShared;
    this.told = 'nothing';
  }

  tell(state: NeedState): void {
    const need = findNeed(state);
    if (!this.isOn || need === 'unclear' || need === this.told) return;
    this.told = need;
    const message: SweepNeed = {
      workflowId: workflowInfo().workflowId,
      ...(need === undefined ? {} : { need }),
    };
    this.signal(needSignalName, message);
  }

  /** For one that may not know of this sweep: it has begun again, or the sweep has. */
  subscribe(turn: SweepTurn | undefined): void {
    const subscription: SweepSubscription = { workflowId: workflowInfo().workflowId, ...turn };
    this.signal(subscribeSignalName, subscription);
  }

  leave(): void {
    if (this.isOn) this.signal(unsubscribeSignalName, workflowInfo().workflowId);
  }

  private signal(name: string, message: unknown): void {
    const handle = getExternalWorkflowHandle(this.registry);
    // Where it is gone there is nothing to share.
    handle.signal(name, message).catch(() => undefined);
  }
}
