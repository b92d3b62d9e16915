import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts process times in hundredths of a second, on every architecture that Node runs on. */
const ticksPerSecond = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly ticks: number;
}

/**
 * User and system CPU-seconds of a live process and all below it so far: those of ended children
 * are in their parents, who waited for them. Call it before `root` ends.
 */
export function readTreeCpuSeconds(root: number): number {
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
  let ticks = 0;
  for (const [pid, times] of processes) if (isBelow(pid)) ticks += times.ticks;
  return ticks / ticksPerSecond;
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
