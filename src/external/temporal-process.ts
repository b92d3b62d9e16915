/** Which process is our Temporal server: its record on disk, and the proof that the pid is it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.int().positive(),
  port: z.int().min(1).max(65_535),
  dbPath: z.string(),
  startedAt: z.string(),
});
export type ServerRecord = z.infer<typeof recordSchema>;

export const serverRecordPath = (folder: string): string => join(folder, 'server.json');

/** The record in `.temporal`, undefined when there is none or it is not whole. */
export function readServerRecord(folder: string): ServerRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(serverRecordPath(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeServerRecord(folder: string, record: ServerRecord): void {
  const path = serverRecordPath(folder);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** Whether the process lives and is a server on this database: a pid alone may be reused. */
export function isServerOf(pid: number, dbPath: string): boolean {
  return isServerCommand(readCommand(pid), dbPath);
}

/** Whether a command line, arguments parted by NUL or space, is `start-dev` on this database. */
export function isServerCommand(command: string, dbPath: string): boolean {
  return ['\0', ' '].some((gap) => {
    const framed = `${gap}${command}${gap}`;
    return framed.includes(`${gap}start-dev${gap}`) && framed.includes(`${gap}${dbPath}${gap}`);
  });
}

/** All servers on this database, also unrecorded ones; none where there is no /proc. */
export function findServerProcesses(dbPath: string): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.map(Number).filter((pid) => pid > 0 && isServerOf(pid, dbPath));
}

/** SIGTERM, then SIGKILL when it still lives after `graceMs`. */
export async function endProcess(pid: number, graceMs = 5_000): Promise<void> {
  signalProcess(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) signalProcess(pid, 'SIGKILL');
    await delay(20);
  }
}

/** A process that is gone is none's fault. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** Whether the process is there; a zombie that nobody reaps counts as dead. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return process.platform === 'linux' ? '' : readCommandByPs(pid);
  }
}

function readCommandByPs(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
