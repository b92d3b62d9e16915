import type { KillReason } from './group-killer.js';
import { cpuMsOfGroup } from './process-group.js';

/** Less CPU than this share of the silence counts as standing still: idle threads poll a little. */
const idleCpuShare = 0.01;
/**
 * Who has shown progress and shows no more may be busy, or print, for so many times the stall limit:
 * between two bars there are long steps, but an endless loop is one as well.
 */
const busyFactor = 3;
/** A look that comes later than this was held up: we stood still (suspended, SIGSTOP), not the tool. */
const lateMs = 1000;

export interface GuardOrder {
  readonly groupId: number | undefined;
  /**
   * `stall` when for so long there was no output and next to no CPU time was used, or for three times
   * as long no progress by one that had told of some.
   */
  readonly stallMs: number;
  readonly timeoutMs: number;
  /** When the last sign of progress came, on the clock of `performance.now()`. */
  readonly lastSignAt: () => number;
  /** When the tool's own progress last moved, on the same clock; undefined before it told of any. */
  readonly lastProgressAt: () => number | undefined;
  readonly onExceeded: (reason: Extract<KillReason, 'stall' | 'timeout'>) => void;
}

export interface Guard {
  stop(): void;
  /** CPU time of the group as last sampled, ms; 0 where there is no /proc. */
  cpuMs(): number;
}

/** Watches a process group at work until it is stopped. */
export function startGuard(order: GuardOrder): Guard {
  const { groupId, stallMs, timeoutMs, lastSignAt, lastProgressAt, onExceeded } = order;
  const intervalMs = Math.min(5000, Math.max(20, stallMs / 5));
  let cpuMs = 0;
  let mark = { at: performance.now(), cpuMs: 0 };
  let lookedAt = mark.at;
  let wokenAt = mark.at;
  const check = (): void => {
    const now = performance.now();
    if (now - lookedAt > intervalMs + lateMs) wokenAt = now;
    lookedAt = now;
    cpuMs = Math.max(cpuMs, (groupId === undefined ? undefined : cpuMsOfGroup(groupId)) ?? 0);
    const progressAt = lastProgressAt();
    const isBusy = cpuMs - mark.cpuMs > Math.max(20, (now - mark.at) * idleCpuShare);
    if (isBusy || lastSignAt() > mark.at) mark = { at: isBusy ? now : lastSignAt(), cpuMs };
    const isIdle = now - Math.max(mark.at, wokenAt) >= stallMs;
    const isStuck =
      progressAt !== undefined && now - Math.max(progressAt, wokenAt) >= stallMs * busyFactor;
    if (isIdle || isStuck) onExceeded('stall');
  };
  const checks = setInterval(check, intervalMs);
  const limit = setTimeout(
    () => {
      onExceeded('timeout');
    },
    Math.min(timeoutMs, 2 ** 31 - 1),
  );
  return {
    stop: () => {
      clearInterval(checks);
      clearTimeout(limit);
    },
    cpuMs: () => cpuMs,
  };
}
