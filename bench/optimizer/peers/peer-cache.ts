/** Runs of peers that were made before: `.setup/bench/optimizer/peers-<versions>.jsonl`, a record a line. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface PeerJob {
  readonly peer: string;
  readonly spec: string;
  /** The seed too. */
  readonly instance: number;
  readonly batch: number;
  readonly budget: number;
}

export interface PeerRecord extends PeerJob {
  /** Of the peer's asking and telling and of measuring, not of starting Python. */
  readonly cpuSeconds: number;
  /** By trial. */
  readonly measured: readonly number[];
  /** By trial. */
  readonly true: readonly number[];
}

/** Versions are in the name: of others nothing is taken. */
export function peerCacheFile(folder: string, versions: Readonly<Record<string, string>>): string {
  const names = Object.keys(versions).filter((name) => name !== 'python');
  const parts = names.toSorted().map((name) => `${name}-${versions[name] ?? ''}`);
  return join(folder, `peers-${parts.join('-')}.jsonl`);
}

/** The longest of each; a line that a killed run left half is passed over. */
export function readPeerCache(file: string): Map<string, PeerRecord> {
  const records = new Map<string, PeerRecord>();
  if (!existsSync(file)) return records;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const record = parse(line);
    if (record === null) continue;
    const key = peerKey(record);
    if ((records.get(key)?.budget ?? 0) <= record.budget) records.set(key, record);
  }
  return records;
}

/** A longer run begins as a shorter one does, so the budget is not in it. */
export function peerKey({ peer, spec, instance, batch }: PeerJob): string {
  return `${peer} ${spec} ${instance} ${batch}`;
}

export function appendPeerRecord(file: string, line: string): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${line}\n`);
}

function parse(line: string): PeerRecord | null {
  if (!line.endsWith('}')) return null;
  try {
    return JSON.parse(line) as PeerRecord;
  } catch {
    return null;
  }
}
