import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';

/** Calls that can be made to fail (`test/preload/fault.c`), and what the system says then. */
export const faultKinds = {
  open: ['ENOSPC', 'EMFILE', 'EIO', 'EACCES'],
  write: ['ENOSPC', 'EIO', 'half'],
  fsync: ['EIO', 'ENOSPC'],
  truncate: ['EIO'],
  rename: ['EIO', 'ENOSPC'],
  unlink: ['EIO', 'EACCES'],
  mkdir: ['ENOSPC', 'EACCES'],
  link: ['EMLINK'],
  spawn: ['EAGAIN', 'ENOMEM'],
  'ledger-open': ['EMFILE', 'EIO'],
  'ledger-write': ['ENOSPC', 'EIO', 'half'],
  'ledger-fsync': ['EIO'],
  'ledger-truncate': ['EIO'],
  'ledger-unlink': ['EIO'],
  'ledger-map': ['ENOMEM'],
} as const satisfies Record<string, readonly (keyof typeof constants.errno | 'half')[]>;

export type FaultKind = keyof typeof faultKinds;
type How = (typeof faultKinds)[FaultKind][number];

export interface Fault {
  readonly kind: FaultKind;
  /** Counts from 1. */
  readonly k: number;
  readonly how: How;
  readonly lasts: 'once' | 'forever';
}

export function formatFault({ kind, k, how, lasts }: Fault): string {
  return `${kind} ${k} ${how} ${lasts}`;
}

/** @returns undefined where the text names no fault */
export function parseFault(text: string): Fault | undefined {
  const [kind, k, how, lasts] = text.split(' ');
  const found = (Object.keys(faultKinds) as FaultKind[])
    .flatMap((name) => faultKinds[name].map((each) => ({ kind: name, how: each })))
    .find((each) => each.kind === kind && each.how === how);
  if (found === undefined || !(Number(k) > 0) || (lasts !== 'once' && lasts !== 'forever')) return;
  return { ...found, k: Number(k), lasts };
}

/** From now on that call of this process fails, below `root`. Needs the preloaded library. */
export function arm({ kind, k, how, lasts }: Fault, root: string): void {
  const number = how === 'half' ? 0 : constants.errno[how];
  command(`${kind}!${k}!${number}!${lasts}!${root}`);
}

/** From now on the calls of that kind are counted, and none fails. */
export function count(kind: FaultKind, root: string): void {
  command(`${kind}!0!0!once!${root}`);
}

/** Ends `arm` or `count`. */
export function disarm(): { readonly calls: number; readonly hits: number } {
  const [calls = 0, hits = 0] = readlinkSync('/fault!').split(' ').map(Number);
  command('off');
  return { calls, hits };
}

function command(text: string): void {
  const answer = readlinkSync(`/fault!${text}`);
  if (answer !== 'ok') throw new Error(`fault.c: ${answer}: ${text}`);
}
