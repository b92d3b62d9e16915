import { dirname } from 'node:path';
import type { Connection } from './connection.js';
import { readTail, recoveryFileName, recoveryPath } from './recovery-file.js';

/**
 * Whether the ledger is an older state of itself: whole, each row as it was accepted, and without the last
 * ones, as after its `-wal` was deleted or an older copy was put in its place. The ledger alone can't tell;
 * `recovery.jsonl` can, for it is never ahead.
 *
 * @param path of the ledger
 * @returns one sentence, undefined where nothing is missing
 */
export function findRollback(db: Connection, path: string): string | undefined {
  const tail = readTail(recoveryPath(dirname(path)));
  const id = db.prepare('SELECT id FROM ledger').pluck().get();
  if (tail === undefined || tail.line.ledger !== id) return undefined;
  const links = Number(db.prepare('SELECT coalesce(max(sequence), 0) FROM chain').pluck().get());
  const known = tail.line.high['chain'] ?? 0;
  if (links >= known) return undefined;
  const count = known - links;
  return (
    `its last ${count} accepted ${count === 1 ? 'row is' : 'rows are'} gone, which ${recoveryFileName} has: ` +
    'its -wal file was lost, or an older copy was put in its place'
  );
}
