import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The machine that writes a ledger. */
export interface Host {
  /** 16 hex digits; the same as long as the machine is. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/**
 * This machine: `MERGESWEEP_HOST_ID` where its name changes with each start (a pod), else its machine-id,
 * else its host name.
 */
export function identifyHost(
  env: Readonly<Record<string, string | undefined>> = process.env,
  readMachineId: () => string = () => readFileSync('/etc/machine-id', 'utf8'),
): Host {
  const name = hostname();
  const set = env['MERGESWEEP_HOST_ID']?.trim();
  const identity = set === undefined || set === '' ? (machineId(readMachineId) ?? name) : set;
  return { id: createHash('sha256').update(identity).digest('hex').slice(0, 16), name };
}

function machineId(read: () => string): string | undefined {
  try {
    const id = read().trim();
    return id === '' ? undefined : id;
  } catch {
    return undefined;
  }
}
