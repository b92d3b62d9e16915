import type { NodeState } from '../workflows/messages.js';

/** How a node stands to new trials: kept by those who know, told by its announcements. */
export class NodeStanding {
  private readonly reasons = new Map<Exclude<NodeState, 'ready'>, string>();
  private retryAtMs = Infinity;
  private readonly refused = new Map<string, string>();

  /** `set-aside` goes before `draining`: it does not end by itself. */
  get state(): NodeState {
    if (this.reasons.has('set-aside')) return 'set-aside';
    return this.reasons.has('draining') ? 'draining' : 'ready';
  }

  /** Why it is not `ready`, one sentence. */
  get reason(): string | undefined {
    return this.reasons.get('set-aside') ?? this.reasons.get('draining');
  }

  /** Sweeps that it does not run. */
  get refuses(): readonly { readonly sweep: string; readonly reason: string }[] {
    return [...this.refused].map(([sweep, reason]) => ({ sweep, reason }));
  }

  /**
   * Takes no more trials for this reason, until `clear`.
   * @param retryAtMs from then on one trial may show whether the node works again. @default never
   */
  leave(state: Exclude<NodeState, 'ready'>, reason: string, retryAtMs = Infinity): void {
    this.reasons.set(state, reason);
    if (state === 'set-aside') this.retryAtMs = retryAtMs;
  }

  /** Set aside long enough, and not drained: one trial is wanted. */
  isOnTrial(nowMs: number): boolean {
    return (
      this.reasons.has('set-aside') && !this.reasons.has('draining') && nowMs >= this.retryAtMs
    );
  }

  clear(state: Exclude<NodeState, 'ready'>): void {
    this.reasons.delete(state);
  }

  /** @param sweep id of its workflow, as `sweepWorkflowId` makes it */
  refuse(sweep: string, reason: string): void {
    this.refused.set(sweep, reason);
  }

  accept(sweep: string): void {
    this.refused.delete(sweep);
  }
}
