import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TrialId } from '../../activities/contracts.js';
import { describeDamage, verifyChain } from './chain.js';
import { applySettings, withSqliteErrors } from './connection.js';
import { ledgerFileName } from './ledger.js';
import { isSameEngine, nameEngine, readStoredSearch } from './optimizer-log.js';
import { listProposed } from './trials.js';

/** What the ledger says of a sweep before anything of it runs, beyond its rows. */
export interface ResumeFacts {
  /** Accepted rows that were compared with their digests. */
  readonly links: number;
  /** What is wrong with them; absent: nothing. */
  readonly damage?: string;
  /** Of the machine that wrote last; absent in older ledgers. */
  readonly host?: { readonly id: string; readonly name: string };
  /** False where a writer died, and none has looked at all of it since. */
  readonly wasClosed: boolean;
  readonly search: {
    readonly events: number;
    /** Whether a state is stored for the latest event: else it is made anew from all of them. */
    readonly hasState: boolean;
    readonly engine: string;
    readonly isSameEngine: boolean;
  };
  /** Trials that were handed out and have not ended. */
  readonly underWay: readonly TrialId[];
}

/** Reads only, beside a living writer or without one. */
export function readResumeFacts(resultsDir: string, sweep: string): ResumeFacts {
  const path = join(resultsDir, ledgerFileName);
  return withSqliteErrors(path, () => {
    const db = new Database(path, { readonly: true });
    try {
      applySettings(db, path, 'read');
      const { host, host_name, is_closed } = db
        .prepare('SELECT host, host_name, is_closed FROM ledger')
        .get() as { host: string | null; host_name: string | null; is_closed: 0 | 1 };
      const { links, damage } = verifyChain(db);
      const { sequence, state, engine } = readStoredSearch(db, sweep);
      return {
        links,
        ...(damage.length > 0 && { damage: describeDamage(damage) }),
        ...(host !== null && { host: { id: host, name: host_name ?? 'another machine' } }),
        wasClosed: is_closed === 1,
        search: {
          ...{ events: sequence, hasState: state !== undefined, engine },
          isSameEngine: isSameEngine(engine, nameEngine()),
        },
        underWay: listProposed(db, sweep, true).map(({ trial }) => trial),
      };
    } finally {
      db.close();
    }
  });
}
