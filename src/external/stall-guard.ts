import type { KillReason } from './group-killer.js';
import { cpuMsOfGroup } from './process-group.js';

/** Less CPU than this share of the silence counts as standing still: idle threads poll a little. */
const idleCpuShare = 0.01;

export interface GuardOrder {
  readonly groupId: number | undefined;
  /** Called when for so long there was no sign of progress and next to no CPU time was used. */
  readonly stallMs: number;
  readonly timeoutMs: number;
  /** When the last sign of progress came, on the clock of `performance.now()`. */
  readonly lastSignAt: () => number;
  readonly onExceeded: (reason: Extract<KillReason, 'stall' | 'timeout'>) => void;
}

export interface Guard {
  stop(): void;
  /** CPU time of the group as last sampled, ms; 0 where there is no /proc. */
  cpuMs(): number;
}

/** Watches a process group at work until it is stopped. */
export function startGuard(order: GuardOrder): Guard {
  const { groupId, stallMs, timeoutMs, lastSignAt, onExceeded } = order;
  let cpuMs = 0;
  let mark = { at: performance.now(), cpuMs: 0 };
  const check = (): void => {
    const now = performance.now();
    cpuMs = Math.max(cpuMs, (groupId === undefined ? undefined : cpuMsOfGroup(groupId)) ?? 0);
    const isBusy = cpuMs - mark.cpuMs > Math.max(20, (now - mark.at) * idleCpuShare);
    if (isBusy || lastSignAt() > mark.at) mark = { at: isBusy ? now : lastSignAt(), cpuMs };
    if (now - mark.at >= stallMs) onExceeded('stall');
  };
  const checks = setInterval(check, Math.min(5000, Math.max(20, stallMs / 5)));
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
