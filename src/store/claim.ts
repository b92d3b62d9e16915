import { LedgerError } from '../errors.js';
import { describeDamage, verifyChain } from './chain.js';
import type { Connection } from './connection.js';
import type { Host } from './host.js';
import { addToJournal } from './journal.js';

/** So many of the newest links are looked at on each opening; all of them by `mergesweep doctor`. */
const linksAtOpening = 256;

export interface ClaimOptions {
  readonly path: string;
  readonly host: Host;
  /** Takes the ledger over from another machine. */
  readonly adopt: boolean;
  /** ISO 8601, for display only. */
  readonly at: string;
}

export interface Claim {
  /** This opening's number: a later one ends this writer's right to write. */
  readonly epoch: number;
  /** False where a writer before died, or its machine did, and none has looked at all of it since. */
  readonly wasClosed: boolean;
}

interface Holding {
  readonly host: string | null;
  readonly host_name: string | null;
  readonly epoch: number;
  readonly is_closed: 0 | 1;
}

/**
 * Makes this process the ledger's writer, on this machine.
 *
 * @throws LedgerError `ledger_corrupt`, `ledger_damaged` where the file is not as it was written;
 *   `ledger_other_host` where another machine wrote it last and `adopt` is not said
 */
export function claimLedger(db: Connection, options: ClaimOptions): Claim {
  const { path, host, adopt, at } = options;
  const holding = db
    .prepare('SELECT host, host_name, epoch, is_closed FROM ledger')
    .get() as Holding;
  const isOther = holding.host !== null && holding.host !== host.id;
  if (isOther && !adopt) throw otherHost(path, holding, host);
  const wasClosed = holding.is_closed === 1;
  checkLedger(db, path, wasClosed);
  return db
    .transaction((): Claim => {
      const epoch = db
        .prepare(
          'UPDATE ledger SET host = ?, host_name = ?, epoch = epoch + 1, is_closed = 0 RETURNING epoch',
        )
        .pluck()
        .get(host.id, host.name) as number;
      if (isOther) {
        const detail = { from: holding.host_name, to: host.name };
        const names = db.prepare(`SELECT name FROM sweeps WHERE state <> 'finished'`).pluck().all();
        for (const name of names) addToJournal(db, String(name), { kind: 'adopted', detail, at });
      }
      return { epoch, wasClosed };
    })
    .immediate();
}

/** Cheap enough for every opening; an unclean end is the reason to look at SQLite's own pages too. */
function checkLedger(db: Connection, path: string, wasClosed: boolean): void {
  if (!wasClosed) {
    const found = db.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw broken(path, String(found));
  }
  const { damage } = verifyChain(db, linksAtOpening);
  if (damage.length > 0) throw damaged(path, damage);
}

/** @throws LedgerError `ledger_taken` when another process has opened the ledger for writing since */
export function requireClaim(db: Connection, path: string, epoch: number): void {
  const found = db.prepare('SELECT epoch FROM ledger').pluck().get();
  if (found === epoch) return;
  throw new LedgerError(
    'ledger_taken',
    `${path}: another process has opened this ledger for writing since (opening ${String(found)}, ` +
      `this one is ${epoch}). Nothing was written; end this process`,
  );
}

/** A clean end of what is known to be whole: the next opening need not look at all of it. */
export function releaseClaim(db: Connection, epoch: number): void {
  db.prepare('UPDATE ledger SET is_closed = 1 WHERE epoch = ?').run(epoch);
}

/**
 * SQLite's full check of one table at each step. It sees what the digests of rows can't: an index that
 * gives readers another value than the row has.
 *
 * @throws LedgerError `ledger_corrupt`
 */
export function* checkTables(db: Connection, path: string): Generator<undefined, void> {
  const names = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
  const check = db.prepare('SELECT integrity_check FROM pragma_integrity_check(?)').pluck();
  for (const name of names) {
    const found = check.get(name);
    if (found !== 'ok') throw broken(path, String(found));
    yield;
  }
}

export function broken(path: string, found: string): LedgerError {
  return new LedgerError('ledger_corrupt', `${path} is broken (${found}). ${wayOut}`);
}

export function damaged(path: string, damage: Parameters<typeof describeDamage>[0]): LedgerError {
  return new LedgerError(
    'ledger_damaged',
    `${path} is not as it was written: ${describeDamage(damage)}. ${wayOut}`,
  );
}

const wayOut =
  'Nothing was changed. `mergesweep doctor` lists all of it; restore a copy, or ' +
  '`mergesweep recover` builds the ledger anew from the files beside it';

function otherHost(path: string, holding: Holding, host: Host): LedgerError {
  return new LedgerError(
    'ledger_other_host',
    `${path} was last written on ${holding.host_name ?? 'another machine'}, this is ${host.name}. ` +
      'Two machines that go on from copies of one ledger would be two sweeps of one name. If no process ' +
      'there writes it any more, say --adopt to take it over here',
  );
}
