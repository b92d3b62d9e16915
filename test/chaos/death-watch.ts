/** Nothing that a process started may outlive it by more than 10 s; Temporal's embedded server may. */
import type { Target } from './plan.js';
import {
  isSameProcess,
  listDescendants,
  listOurProcesses,
  type OurProcess,
} from './our-processes.js';

export const graceMs = 10_000;

interface Bereaved {
  readonly owner: string;
  readonly processes: readonly OurProcess[];
  readonly dueAtMs: number;
}

export class DeathWatch {
  private readonly marker: string;
  private readonly families = new Map<Target, readonly OurProcess[]>();
  private waiting: Bereaved[] = [];

  constructor(marker: string) {
    this.marker = marker;
  }

  /** Remembers who descends from whom. */
  look(pids: ReadonlyMap<Target, number | undefined>): void {
    const processes = listOurProcesses(this.marker);
    for (const [target, pid] of pids)
      if (pid !== undefined)
        this.families.set(
          target,
          listDescendants(pid, processes).filter(({ command }) => !command.includes(' start-dev ')),
        );
  }

  mourn(target: Target, pid: number): void {
    const processes = (this.families.get(target) ?? []).filter((process) => process.pid !== pid);
    this.families.delete(target);
    this.waiting.push({ owner: `${target} ${pid}`, processes, dueAtMs: Date.now() + graceMs });
  }

  /** Those that should be gone by now and are not. */
  findOrphans(nowMs: number): string[] {
    const due = this.waiting.filter(({ dueAtMs }) => dueAtMs <= nowMs);
    this.waiting = this.waiting.filter(({ dueAtMs }) => dueAtMs > nowMs);
    return due.flatMap(({ owner, processes }) =>
      processes
        .filter(isSameProcess)
        .map(({ pid, command }) => `${pid} outlives ${owner}: ${command.slice(0, 200)}`),
    );
  }
}
