/**
 * Every process of a trial carries in its environment which work it is for. That finds those that no
 * group has any more: daemons that made a session of their own, and what a killed worker left.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Holds `<work root>/<work key>`, or `<work root>/warm/<place>`; a process passes it on to its children. */
export const workVariable = 'MERGESWEEP_WORK';

/** Between two looks at processes that were killed. */
const pauseMs = 20;

/**
 * Kills every process whose mark is `mark` or below it, and what they start meanwhile, until none is
 * left. Where there is no /proc (macOS) it finds none.
 * @param withinMs what lives longer than that is given up
 * @returns ids of processes that did not die: they wait for a device or a disk
 */
export async function endMarked(mark: string, withinMs = 10_000): Promise<number[]> {
  const deadline = performance.now() + withinMs;
  let dying: number[] = [];
  for (;;) {
    const found = listMarked(mark);
    for (const pid of found) kill(pid);
    // Its memory and its card are free when it is a zombie, not when it was signalled.
    dying = [...new Set([...dying, ...found])].filter(isAlive);
    if (dying.length === 0) return [];
    if (performance.now() > deadline) return dying;
    await sleep(pauseMs);
  }
}

function listMarked(mark: string): number[] {
  const entry = `${workVariable}=${mark}`;
  return listProcesses().filter((pid) => pid !== process.pid && hasEntry(pid, entry));
}

function listProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function hasEntry(pid: number, entry: string): boolean {
  const bytes = Buffer.from(entry).toString('latin1');
  return readEnvironment(pid).some((found) => found === bytes || found.startsWith(`${bytes}/`));
}

/** The work that a process is for; undefined where it is nobody's, or can't be read. */
export function readMark(pid: number): string | undefined {
  const name = `${workVariable}=`;
  const entry = readEnvironment(pid).find((found) => found.startsWith(name));
  return entry && Buffer.from(entry.slice(name.length), 'latin1').toString();
}

/** `NAME=value`, a character a byte; nothing of a process that is gone, or another user's. */
function readEnvironment(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

/** False for zombies: they hold neither memory nor a card. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX] /.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
