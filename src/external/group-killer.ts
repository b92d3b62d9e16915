import { signalGroup } from './process-group.js';

export type KillReason = 'timeout' | 'stall' | 'cancel';

/** TERM, grace, KILL of a process group; the first reason counts. */
export class GroupKiller {
  reason: KillReason | undefined;
  private readonly groupId: number;
  private readonly graceMs: number;
  private graceTimer: NodeJS.Timeout | undefined;
  private isFinished = false;

  constructor(groupId: number, graceMs: number) {
    this.groupId = groupId;
    this.graceMs = graceMs;
  }

  kill(reason: KillReason): void {
    if (this.reason !== undefined || this.isFinished) return;
    this.reason = reason;
    signalGroup(this.groupId, 'SIGTERM');
    this.graceTimer = setTimeout(() => {
      this.finish();
    }, this.graceMs);
  }

  /** KILL of whatever is left; once, since the group's id may be another's later. */
  finish(): void {
    clearTimeout(this.graceTimer);
    if (this.isFinished) return;
    this.isFinished = true;
    signalGroup(this.groupId, 'SIGKILL');
  }
}
