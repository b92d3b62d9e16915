import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { passCrashPoint } from '../crash-points.js';
import { LedgerError } from '../errors.js';
import { checkTables, claimLedger, damaged, releaseClaim, requireClaim } from './claim.js';
import { verifyChainInSteps } from './chain.js';
import { applySettings, type Connection, withSqliteErrors } from './connection.js';
import { makeFolder } from './durable-folder.js';
import { type Host, identifyHost } from './host.js';
import { migrate, readVersion, schemaVersion } from './migrate.js';
import { refuseNetworkFileSystem } from './network-file-system.js';
import { requireOwnSchema } from './own-schema.js';
import { createPrivately } from './private-file.js';
import { createReader } from './reader.js';
import { readTail, recoveryFileName, recoveryPath } from './recovery-file.js';
import { startRecoveryLog } from './recovery-log.js';
import { findRollback } from './rollback.js';
import type { LedgerReader } from './rows.js';
import { rememberStandings } from './standings.js';
import { rememberStatements } from './statements.js';

export const ledgerFileName = 'ledger.sqlite';

/** The one writer's side of the ledger. */
export interface Ledger extends LedgerReader {
  /** Absolute. */
  readonly path: string;
  /**
   * Runs `work` in one `BEGIN IMMEDIATE` transaction: all of it is durable on return, or nothing of
   * it is there. Never async.
   *
   * @throws LedgerError `ledger_full`, `ledger_busy`, … with everything rolled back
   */
  transact<Result>(work: (db: Connection) => Result): Result;
  /** Runs `work`, which only reads: without the cost of a transaction. */
  read<Result>(work: (db: Connection) => Result): Result;
  /** False where a writer died and nobody has looked at all since: `verify` should be run then. */
  readonly wasClosed: boolean;
  /**
   * Looks at every accepted row, then at every table and its indexes, some at each step; rows may be
   * added in between.
   *
   * @throws LedgerError `ledger_damaged`, naming rows that are not as they were written; `ledger_corrupt`
   */
  verify(): Generator<undefined, void>;
}

export interface OpenLedgerOptions {
  readonly mode: 'write' | 'read';
  /** For the creation date. @default the system's clock */
  readonly now?: Date;
  /** Of the writer. @default this machine */
  readonly host?: Host;
  /** Takes the ledger over when another machine wrote it last. @default false */
  readonly adopt?: boolean;
  /** Hears when `recovery.jsonl` can't be written. @default silence */
  readonly warn?: (message: string) => void;
}

/**
 * Opens `<resultsDir>/ledger.sqlite`; writing creates folder and file where there are none. Every
 * durable setting is set and read back.
 *
 * @throws LedgerError when the ledger is missing (reading), from a newer mergesweep (writing), of
 *   another program, on a network file system, or not as durable as promised
 */
export function openLedger(
  resultsDir: string,
  options: OpenLedgerOptions & { readonly mode: 'write' },
): Ledger;
export function openLedger(
  resultsDir: string,
  options: OpenLedgerOptions & { readonly mode: 'read' },
): LedgerReader;
export function openLedger(resultsDir: string, options: OpenLedgerOptions): Ledger | LedgerReader {
  return options.mode === 'write' ? openWriter(resultsDir, options) : openLedgerReader(resultsDir);
}

/** The ledger for CLI, report and dashboard: read-only, at any time, beside a living writer. */
export function openLedgerReader(resultsDir: string): LedgerReader {
  const path = join(resultsDir, ledgerFileName);
  if (isLost(resultsDir)) throw lost(resultsDir);
  if (!existsSync(path)) throw missing(resultsDir);
  return withSqliteErrors(path, () => {
    const db = new Database(path, { readonly: true });
    try {
      applySettings(db, path, 'read');
      const version = readVersion(db, path);
      if (version === 0) throw missing(resultsDir);
      if (version < schemaVersion) {
        throw new LedgerError(
          'ledger_older',
          `${path} has schema version ${version}, this mergesweep reads version ${schemaVersion}; ` +
            'run one of its sweeps with `mergesweep run FILE` to bring it up to date',
        );
      }
      requireOwnSchema(db, path, version);
      rememberStatements(db);
      return createReader(db, (read) => withSqliteErrors(path, read));
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function openWriter(
  resultsDir: string,
  { now = new Date(), host = identifyHost(), adopt = false, warn }: OpenLedgerOptions,
): Ledger {
  makeFolder(resultsDir);
  refuseNetworkFileSystem(resultsDir);
  const path = join(resultsDir, ledgerFileName);
  if (isLost(resultsDir)) throw lost(resultsDir);
  createPrivately(path);
  return withSqliteErrors(path, () => {
    const db = new Database(path);
    let claim;
    try {
      // Before any setting: they would write into another program's file.
      const version = readVersion(db, path);
      applySettings(db, path, 'write');
      requireOwnSchema(db, path, version);
      migrate(db, path, now);
      rememberStatements(db);
      refuseRollback(db, path);
      claim = claimLedger(db, { path, host, adopt, at: now.toISOString() });
    } catch (error) {
      db.close();
      throw error;
    }
    const guard = <Result>(work: () => Result) => withSqliteErrors(path, work);
    const reader = createReader(db, guard);
    const { ledgerId } = reader;
    const onWritten = rememberStandings(db);
    const about = { resultsDir, ledgerId, schema: schemaVersion };
    const log = startRecoveryLog(db, { ...about, warn, onWritten });
    log.flush();
    let isKnownWhole = claim.wasClosed;
    return {
      ...reader,
      path,
      wasClosed: claim.wasClosed,
      verify: function* () {
        const steps = verifyChainInSteps(db);
        let step = guard(() => steps.next());
        for (; step.done !== true; step = guard(() => steps.next())) yield;
        const { damage } = step.value;
        if (damage.length > 0) throw damaged(path, damage);
        const tables = checkTables(db, path);
        while (guard(() => tables.next()).done !== true) yield;
        isKnownWhole = true;
      },
      read: (work) => guard(() => work(db)),
      transact: (work) => {
        const result = guard(() =>
          db
            .transaction(() => {
              requireClaim(db, path, claim.epoch);
              const done = work(db);
              passCrashPoint('before commit', ledgerFileName);
              return done;
            })
            .immediate(),
        );
        passCrashPoint('after commit', ledgerFileName);
        log.flush();
        return result;
      },
      close: () => {
        if (!db.open) return;
        guard(() => {
          if (isKnownWhole) releaseClaim(db, claim.epoch);
        });
        log.flush();
        // One file to copy after a clean exit; a living reader may prevent it, which is no error.
        guard(() => db.pragma('wal_checkpoint(TRUNCATE)'));
        reader.close();
      },
    };
  });
}

/** @throws LedgerError `ledger_rolled_back` */
function refuseRollback(db: Connection, path: string): void {
  const found = findRollback(db, path);
  if (found === undefined) return;
  throw new LedgerError(
    'ledger_rolled_back',
    `${path}: ${found}. Nothing was changed. \`mergesweep recover\` sets it aside and builds it anew with ` +
      `them; to go on from the older state, move ${recoveryFileName} out of the folder`,
  );
}

/** Whether there was a ledger: a new one in its place would be another. */
function isLost(resultsDir: string): boolean {
  const path = join(resultsDir, ledgerFileName);
  const isThere = existsSync(path) && statSync(path).size > 0;
  return !isThere && readTail(recoveryPath(resultsDir)) !== undefined;
}

function lost(resultsDir: string): LedgerError {
  const path = join(resultsDir, ledgerFileName);
  return new LedgerError(
    'ledger_lost',
    `${path} is gone, and ${recoveryFileName} beside it says that there was one: ` +
      '`mergesweep recover` builds it anew. To begin without it, move both out of the folder',
  );
}

function missing(resultsDir: string): LedgerError {
  return new LedgerError(
    'ledger_missing',
    `no sweep has been run in ${resultsDir} (${ledgerFileName} is not there); ` +
      'start one with `mergesweep run FILE`, or name another folder with --results',
  );
}
