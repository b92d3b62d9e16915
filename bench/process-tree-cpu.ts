import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts process times in hundredths of a second, on every architecture that Node runs on. */
const ticksPerSecond = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly ticks: number;
}

/** A live process, with the children of its own that have ended. */
export interface TreeProcess {
  readonly pid: number;
  readonly cpuSeconds: number;
}

/**
 * User and system CPU-seconds of a live process and all below it so far: those of ended children
 * are in their parents, who waited for them. Call it before `root` ends.
 */
export function readTreeCpuSeconds(root: number): number {
  return listTree(root).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** `root` and all below it, each with its own CPU-seconds so far. */
export function listTree(root: number): TreeProcess[] {
  const processes = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(name) : undefined;
    if (times !== undefined) processes.set(Number(name), times);
  }
  const isBelow = (pid: number): boolean => {
    for (let at = pid; ;) {
      if (at === root) return true;
      const parent = processes.get(at)?.parent;
      if (parent === undefined || parent === at) return false;
      at = parent;
    }
  };
  return [...processes].flatMap(([pid, { ticks }]) =>
    isBelow(pid) ? [{ pid, cpuSeconds: ticks / ticksPerSecond }] : [],
  );
}

function readTimes(pid: string): ProcessTimes | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // it ended meanwhile
  }
  // The name, in parentheses, may hold anything; what follows it starts with the third field.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, ...times] = [fields[1], fields[11], fields[12], fields[13], fields[14]];
  if (parent === undefined) return undefined;
  return { parent, ticks: times.reduce<number>((sum, time) => sum + (time ?? 0), 0) };
}
