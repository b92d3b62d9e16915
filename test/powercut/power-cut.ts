import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyChanges,
  type DataChange,
  type Disk,
  type FileNode,
  type Folder,
  type Node,
} from './disk.js';

/** Uniform in [0, 1). */
export type Random = () => number;

/** What happens to changes that no fsync has made safe. */
const fates = ['none', 'all', 'prefix', 'subset', 'torn'] as const;
export type Fate = (typeof fates)[number];

/** A disk writes whole sectors, or not. */
const sectorBytes = 512;

export interface PowerCut {
  readonly names: Fate;
  readonly data: Fate;
}

export function drawPowerCut(random: Random): PowerCut {
  const pick = (): Fate => fates[Math.floor(random() * fates.length)] ?? 'none';
  return { names: pick(), data: pick() };
}

/** Writes what the disk holds when the power is back into `folder`, which is made. */
export function writeSurvivors(disk: Disk, cut: PowerCut, random: Random, folder: string): void {
  const kept = choose(disk.unsafeNames, cut.names, random);
  const latest = new Map<Folder, Map<string, { sequence: number; node: Node | undefined }>>();
  for (const { sequence, bindings } of kept) {
    for (const { folder: parent, name, node } of bindings) {
      if ((parent.safe.get(name)?.sequence ?? -1) > sequence) continue;
      const names = latest.get(parent) ?? new Map<string, { sequence: number; node: Node }>();
      names.set(name, { sequence, node });
      latest.set(parent, names);
    }
  }
  const contents = new Map<FileNode, Buffer>();
  const put = (node: Node, path: string): void => {
    if (node.kind === 'file') {
      // Two names of one file hold the same bytes.
      const bytes = contents.get(node) ?? surviveData(node, cut.data, random);
      contents.set(node, bytes);
      writeFileSync(path, bytes, { mode: 0o600 });
      return;
    }
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const names = new Map([...node.safe, ...(latest.get(node) ?? [])]);
    for (const [name, { node: child }] of names) {
      if (child !== undefined) put(child, join(path, name));
    }
  };
  put(disk.root, folder);
}

function surviveData({ safe, unsafe }: FileNode, fate: Fate, random: Random): Buffer {
  if (fate !== 'torn') return applyChanges(safe, choose(unsafe, fate, random));
  return applyChanges(
    safe,
    unsafe.flatMap((change) => (change.kind === 'write' ? tear(change, random) : keep(change))),
  );

  function keep(change: DataChange): DataChange[] {
    return random() < 0.5 ? [change] : [];
  }
}

/** Some of its sectors; of others the file has the length only, and they read as zeros. */
function tear(
  write: Extract<DataChange, { kind: 'write' }>,
  random: Random,
): Extract<DataChange, { kind: 'write' }>[] {
  const { offset, data } = write;
  const parts: Extract<DataChange, { kind: 'write' }>[] = [];
  for (let start = 0; start < data.length;) {
    const end = Math.min(data.length, start + sectorBytes - ((offset + start) % sectorBytes));
    const fate = random();
    if (fate < 0.5) {
      parts.push({ ...write, offset: offset + start, data: data.subarray(start, end) });
    } else if (fate < 0.75) {
      parts.push({ ...write, offset: offset + end, data: Buffer.alloc(0) });
    }
    start = end;
  }
  return parts;
}

function choose<T>(changes: readonly T[], fate: Fate, random: Random): readonly T[] {
  switch (fate) {
    case 'none':
      return [];
    case 'all':
      return changes;
    case 'prefix':
      return changes.slice(0, Math.floor(random() * (changes.length + 1)));
    case 'subset':
    case 'torn':
      return changes.filter(() => random() < 0.5);
  }
}
