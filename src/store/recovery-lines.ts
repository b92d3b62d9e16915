import { sha256 } from './sha256.js';

/**
 * The lines of `recovery.jsonl`: one a committed transaction, each with every row that the transaction
 * added or changed, as it stood then. The last version of every row, together, is the ledger.
 */
export interface RecoveryLine {
  /** Counts up without a gap, from 0. */
  readonly n: number;
  /** Of the ledger whose rows these are. */
  readonly ledger: string;
  /** Version of its schema. */
  readonly schema: number;
  /** The highest rowid of each table, after the transaction. */
  readonly high: Readonly<Record<string, number>>;
  /** By table: rowid and columns; null for a row that was deleted. */
  readonly rows: Readonly<Record<string, readonly (readonly [number, StoredRow | null])[]>>;
}

export type StoredRow = Readonly<Record<string, string | number | null>>;

/** One line, newline at its end, with a digest of itself at its beginning. */
export function renderLine(line: RecoveryLine): string {
  const body = JSON.stringify(line);
  return `{"sum":"${digest(body)}",${body.slice(1)}\n`;
}

/** @param text without the newline; @returns undefined where it is not a whole line as it was written */
export function parseLine(text: string): RecoveryLine | undefined {
  const head = /^\{"sum":"([0-9a-f]{16})",/.exec(text);
  if (head === null) return undefined;
  const body = `{${text.slice(head[0].length)}`;
  if (digest(body) !== head[1]) return undefined;
  return JSON.parse(body) as RecoveryLine;
}

const digest = (text: string): string => sha256(text).slice(0, 16);
