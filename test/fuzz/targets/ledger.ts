/** A damaged ledger through everything that opens it: told of, or read as it was written. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LedgerError } from '../../../src/errors.js';
import { inspectLedger } from '../../../src/store/inspect-ledger.js';
import { openLedger, openLedgerReader } from '../../../src/store/ledger.js';
import { fine, violation, type Fuzzer, type Verdict } from '../fuzzer.js';
import { createScratch } from '../scratch.js';
import type { SeededRandom } from '../seeded-random.js';
import { createLedgerModel, readRows, type LedgerModel } from './ledger-model.js';

type Files = Readonly<Record<string, Buffer>>;

interface LedgerCase {
  readonly files: Files;
  readonly what: string;
  /** Also as a writer opens it, which takes longer. */
  readonly isWriting: boolean;
}

const main = 'ledger.sqlite';
const wal = 'ledger.sqlite-wal';
const pageBytes = 4096;
const writingShare = 0.1;

export async function createLedgerFuzzer(): Promise<Fuzzer<LedgerCase>> {
  const scratch = createScratch();
  const model = await createLedgerModel(scratch);
  const folder = join(scratch, 'damaged');
  return {
    make: (random) => damage(random, model),
    check: (damaged) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [name, bytes] of Object.entries(damaged.files))
        writeFileSync(join(folder, name), bytes);
      return check(folder, model, damaged.isWriting);
    },
    write: ({ files, what }) =>
      Buffer.concat([Buffer.from(`${what}\n`), files[main] ?? Buffer.alloc(0)]),
  };
}

function damage(random: SeededRandom, { atRest, atWork }: LedgerModel): LedgerCase {
  const isAtRest = random.chance(0.7);
  const isWriting = random.chance(writingShare);
  const files: Record<string, Buffer> = { ...(isAtRest ? atRest : atWork) };
  const name = files[wal] !== undefined && random.chance(0.5) ? wal : main;
  const bytes = Buffer.from(files[name] ?? '');
  const pages = Math.max(1, Math.floor(bytes.length / pageBytes));
  const page = (): Buffer => {
    const at = random.integer(pages) * pageBytes;
    return bytes.subarray(at, at + pageBytes);
  };
  const say = (what: string): LedgerCase => ({ files, what: `${what} of ${name}`, isWriting });
  files[name] = bytes;
  switch (random.integer(10)) {
    case 0:
      files[name] = bytes.subarray(0, random.integer(bytes.length));
      return say('the beginning');
    case 1:
      page().fill(0);
      return say('a page of zeros');
    case 2:
      page().set(page());
      return say('a page over another');
    case 3:
      if (isAtRest) files[wal] = Buffer.from(atWork[wal] ?? '');
      else Reflect.deleteProperty(files, wal);
      return say(isAtRest ? "another's log" : 'no log');
    default: {
      const flips = random.few(8);
      for (let flip = 0; flip < flips; flip++) {
        const at = random.integer(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
      }
      return say(`${flips} flipped bits`);
    }
  }
}

function check(folder: string, { truth }: LedgerModel, isWriting: boolean): Verdict {
  const inspection = withLedgerError(() => inspectLedger(folder, () => undefined));
  const isTold =
    inspection instanceof LedgerError || inspection === undefined || inspection.wrong.length > 0;
  const rows = withLedgerError(() => {
    const reader = openLedgerReader(folder);
    try {
      return readRows(reader);
    } finally {
      reader.close();
    }
  });
  const writing = isWriting
    ? withLedgerError(() => {
        openAndVerify(folder);
      })
    : undefined;
  if (rows instanceof LedgerError) return fine(isTold ? 'refused' : 'refused by readers');
  const keys = [...new Set([...Object.keys(rows), ...Object.keys(truth)])];
  const other = keys.filter((key) => rows[key] !== truth[key]);
  if (other.length === 0) return fine(isTold ? 'told, rows whole' : 'harmless');
  if (isTold && (!isWriting || writing instanceof LedgerError))
    return fine(isSeenBySqlite(folder) ? 'told, by SQLite too' : 'told by the chain alone');
  const accepted = other.filter((key) => isAccepted(key, truth[key], rows[key]));
  if (accepted.length === 0) return fine('another row without a score');
  // The state of an earlier time, whole in itself: what was cut off with the log was never in the file.
  const isOlder = accepted.every((key) => isBefore(key, rows[key]));
  if (isOlder) return fine('an older state');
  const [first = ''] = accepted.filter((key) => !isBefore(key, rows[key]));
  return violation(
    'silent',
    `${first}: ${rows[first] ?? 'gone'}; it was ${truth[first] ?? 'not there'}`,
  );
}

/** Scores, their documents, and trials that were scored, or now say so. */
function isAccepted(key: string, ...versions: readonly (string | undefined)[]): boolean {
  if (key.startsWith('score ') || key.startsWith('documents ')) return true;
  return key.startsWith('trial ') && versions.some((row) => row?.includes('"state":"complete"'));
}

/** Whether a row is as it was before it was accepted. */
function isBefore(key: string, row: string | undefined): boolean {
  if (row === undefined) return true;
  return key.startsWith('trial ') && row.includes('"state":"proposed"');
}

function openAndVerify(folder: string): void {
  const ledger = openLedger(folder, { mode: 'write' });
  try {
    for (const _ of ledger.verify());
  } finally {
    ledger.close();
  }
}

/** @returns the error where it is one that we declare; others go on */
function withLedgerError<Result>(work: () => Result): Result | LedgerError {
  try {
    return work();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
}

/** For the figure: what SQLite's own check finds of it. */
function isSeenBySqlite(folder: string): boolean {
  try {
    const db = new Database(join(folder, main), { readonly: true });
    try {
      return db.pragma('integrity_check', { simple: true }) !== 'ok';
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}
