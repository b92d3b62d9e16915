import type Database from 'better-sqlite3';
import type { Connection } from './connection.js';

/**
 * Compiles each SQL text once per connection: a third of a coordinator's work on the ledger was compiling the
 * same few dozen statements again. Statements are shared, so nobody may iterate over one while others run; each
 * `prepare` hands it out in its plain mode.
 */
export function rememberStatements(db: Connection): void {
  const compiled = new Map<string, Database.Statement>();
  const compile = db.prepare.bind(db) as (sql: string) => Database.Statement;
  db.prepare = ((sql: string) => {
    const known = compiled.get(sql);
    if (known !== undefined) return known.reader ? known.raw(false).pluck(false) : known;
    const statement = compile(sql);
    compiled.set(sql, statement);
    return statement;
  }) as Connection['prepare'];
}
