/** Processes of a sweep, found by its folder in their environment or command line: Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface OurProcess {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since boot: a pid alone may be used again. */
  readonly startedAt: string;
  readonly command: string;
}

/** @param marker a path that only they name; zombies and this process are left out */
export function listOurProcesses(marker: string): OurProcess[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const stat = readStat(pid);
        const isOurs =
          command.includes(marker) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker);
        return isOurs && stat.state !== 'Z' ? [{ pid, command, ...stat }] : [];
      } catch {
        return []; // It ended meanwhile, or is not ours to look at.
      }
    });
}

/** The process and all that descend from it. */
export function listDescendants(root: number, processes: readonly OurProcess[]): OurProcess[] {
  const children = processes.filter(({ parent }) => parent === root);
  return [
    ...processes.filter(({ pid }) => pid === root),
    ...children.flatMap(({ pid }) => listDescendants(pid, processes)),
  ];
}

export function isSameProcess({ pid, startedAt }: OurProcess): boolean {
  try {
    const stat = readStat(pid);
    return stat.startedAt === startedAt && stat.state !== 'Z';
  } catch {
    return false;
  }
}

/** Whether the process has the file open for writing. */
export function isWriting(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).some((fd) => {
      try {
        const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
        const isForWriting = (parseInt(flags?.[1] ?? '0', 8) & 3) !== 0;
        return isForWriting && readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

function readStat(pid: number): { state: string; parent: number; startedAt: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces and brackets: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), startedAt: fields[19] ?? '' };
}
