import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { verifyChain } from '../../src/store/chain.js';
import { type Ledger, openLedger } from '../../src/store/ledger.js';
import type { Promised, PromisedFile } from './history.js';
import { digestLedger } from './ledger-digest.js';

/** What must never be after a power cut. */
export const violations = [
  /** A transaction that had returned is not there. */
  'lost',
  /** The rows are those of no moment between two transactions. */
  'half',
  /** SQLite or the chain finds damage. */
  'malformed',
  /** The product can't open what is there, or go on. */
  'stuck',
  /** A file is neither its old nor its new self, or older than was said. */
  'file',
] as const;
export type ViolationKind = (typeof violations)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly what: string;
  /** Of `lost`: how many transactions. */
  readonly count?: number;
}

/** Opens what a power cut left in `disk` with the product's own code, as the next start would. */
export async function checkResults(
  disk: string,
  promised: Promised,
): Promise<{ readonly found: Violation[]; readonly digest: string | undefined }> {
  const found = checkFiles(disk, promised.files);
  const resultsDir = join(disk, 'results');
  let ledger: Ledger | undefined;
  let digest: string | undefined;
  try {
    ledger = openLedger(resultsDir, { mode: 'write' });
    digest = ledger.transact(digestLedger);
    found.push(...checkRows(digest, promised), ...checkPages(ledger));
    found.push(...(await goOn(ledger, resultsDir)));
  } catch (error) {
    found.push({ kind: 'stuck', what: describe(error) });
  } finally {
    ledger?.close();
  }
  return { found, digest };
}

export function checkRows(digest: string, { rows, next }: Promised): Violation[] {
  if (rows.length === 0 || digest === rows.at(-1) || digest === next) return [];
  const at = rows.lastIndexOf(digest);
  if (at < 0) return [{ kind: 'half', what: 'the rows are those of no moment of the run' }];
  const count = rows.length - 1 - at;
  return [{ kind: 'lost', count, what: `${count} transactions that had returned are gone` }];
}

function checkPages(ledger: Ledger): Violation[] {
  return ledger.transact((db) => {
    const pages = String(db.pragma('integrity_check', { simple: true }));
    const references = db.pragma('foreign_key_check') as readonly unknown[];
    const { damage } = verifyChain(db);
    return [
      ...(pages === 'ok' ? [] : [`integrity_check: ${pages}`]),
      ...(references.length === 0 ? [] : [`${references.length} rows refer to nothing`]),
      ...damage.map(({ kind, key, what }) => `chain: ${kind} ${key} ${what}`),
    ].map((what): Violation => ({ kind: 'malformed', what }));
  });
}

export function checkFiles(disk: string, files: readonly PromisedFile[]): Violation[] {
  return files
    .filter(({ path }) => !path.endsWith('.jsonl'))
    .flatMap(({ path, versions, mayBeAbsent }): Violation[] => {
      const there = join(disk, path);
      if (!existsSync(there)) {
        return mayBeAbsent ? [] : [{ kind: 'file', what: `${path} was written and is gone` }];
      }
      const bytes = readFileSync(there);
      if (versions.some((version) => version.equals(bytes))) return [];
      return [{ kind: 'file', what: `${path} is neither as it was nor as it is now` }];
    });
}

/** The newest sweep is opened again, and what lies beside the ledger is whole then. */
async function goOn(ledger: Ledger, resultsDir: string): Promise<Violation[]> {
  const row = ledger.listSweeps().at(-1);
  if (row === undefined) return [];
  const warnings: string[] = [];
  const activities = createCoordinatorActivities({
    ledger,
    resultsDir,
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    warn: (message) => warnings.push(message),
  });
  const names = { ledgerId: ledger.ledgerId, sweep: row.name };
  const { nextRequestId } = await activities.openSweep({ ...names, ...row });
  await activities.tellAsk({ ...names, requestId: nextRequestId, outcomes: [], want: 1 });
  const ended = ledger.listTrials(row.name).filter(({ state }) => state !== 'proposed');
  const lines = readFileSync(join(resultsDir, row.name, 'trials.jsonl'), 'utf8').split('\n');
  const told = lines.slice(0, -1).map((line) => (JSON.parse(line) as { trial: string }).trial);
  const left = readdirSync(join(resultsDir, row.name), { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.partial'));
  return [
    ...warnings,
    ...(told.length === ended.length ? [] : [`trials.jsonl has ${told.length} of ${ended.length}`]),
    ...left.map((path) => `${path} was left behind`),
  ].map((what): Violation => ({ kind: 'file', what }));
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
