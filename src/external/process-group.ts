import { readdirSync, readFileSync } from 'node:fs';
import { passCrashPoint } from '../crash-points.js';

/** Signals every process of a group; a group that is gone is done already. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  passCrashPoint('before signal', signal);
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  passCrashPoint('after signal', signal);
}

/** Kills the group of a process; a process of our own group, or of one that can't be told, alone. */
export function killGroupOf(pid: number): void {
  const groupId = Number(readFields(String(pid))?.[2]);
  const own = Number(readFields('self')?.[2]);
  if (groupId > 1 && groupId !== own) signalGroup(groupId, 'SIGKILL');
  // The group of a negative id is the process.
  else signalGroup(-pid, 'SIGKILL');
}

/** CPU time that the group has used, ms; undefined where there is no /proc (macOS). */
export function cpuMsOfGroup(groupId: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  // USER_HZ is 100 on every Linux that Node runs on.
  return ticksOfGroup(groupId).reduce((sum, ticks) => sum + ticks * 10, 0);
}

/** Of each member; children that were waited for are counted with their parents. */
function ticksOfGroup(groupId: number): number[] {
  const all: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = readFields(entry);
    if (fields === undefined || Number(fields[2]) !== groupId) continue;
    all.push(Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
  }
  return all;
}

/** Of its stat, from the state on. */
function readFields(pid: string): readonly string[] | undefined {
  const text = readStat(pid);
  // The command's name may hold spaces and brackets: the fields begin after the last one.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}
