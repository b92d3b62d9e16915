import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LedgerError } from '../errors.js';
import { describeDamage, verifyChain } from './chain.js';
import { applySettings, type Connection, withSqliteErrors } from './connection.js';
import { ledgerFileName } from './ledger.js';
import { readVersion, schemaVersion } from './migrate.js';
import { requireOwnSchema } from './own-schema.js';
import { listSweeps } from './reader.js';
import type { SweepRow } from './rows.js';

export interface LedgerInspection {
  readonly sweeps: number;
  /** Accepted rows that were compared with their digests. */
  readonly links: number;
  /** What is wrong, a sentence each; empty: all is as it was written. */
  readonly wrong: readonly string[];
}

/**
 * Looks at all of a ledger, beside a living writer or without one; changes nothing.
 *
 * @param checkSweep what is wrong with a sweep beyond its rows, if anything
 * @returns undefined where there is no ledger
 * @throws LedgerError `ledger_corrupt`, `ledger_foreign`; `ledger_older`, `ledger_newer` for another version's
 */
export function inspectLedger(
  resultsDir: string,
  checkSweep: (db: Connection, sweep: SweepRow) => string | undefined,
): LedgerInspection | undefined {
  const path = join(resultsDir, ledgerFileName);
  if (!existsSync(path)) return undefined;
  return withSqliteErrors(path, () => {
    const db = new Database(path, { readonly: true });
    try {
      applySettings(db, path, 'read');
      requireOwnVersion(db, path);
      requireOwnSchema(db, path, schemaVersion);
      const pages = db.pragma('integrity_check(5)') as { integrity_check: string }[];
      const broken = pages.map((row) => row.integrity_check).filter((found) => found !== 'ok');
      const references = (db.pragma('foreign_key_check') as readonly unknown[]).length;
      const { links, damage } = verifyChain(db);
      const sweeps = listSweeps(db);
      return {
        sweeps: sweeps.length,
        links,
        wrong: [
          ...broken,
          ...(references > 0 ? [`${references} rows refer to rows that are not there`] : []),
          ...(damage.length > 0 ? [describeDamage(damage)] : []),
          ...sweeps.flatMap((sweep) => checkSweep(db, sweep) ?? []),
        ],
      };
    } finally {
      db.close();
    }
  });
}

function requireOwnVersion(db: Connection, path: string): void {
  const version = readVersion(db, path);
  if (version === schemaVersion) return;
  const isOlder = version < schemaVersion;
  throw new LedgerError(
    isOlder ? 'ledger_older' : 'ledger_newer',
    `${path} has schema version ${version}, this mergesweep ${schemaVersion}; ` +
      (isOlder ? 'the next run brings it up to date' : 'use the newer mergesweep that made it'),
  );
}
