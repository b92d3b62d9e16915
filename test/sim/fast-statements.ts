/**
 * Compiles each SQL text once per connection: a third of a sweep's time goes into compiling the same
 * statements again, and a seed is nothing but sweeps. What the statements do is the same.
 */
import Database from 'better-sqlite3';

export function rememberStatements(): void {
  const compiled = new WeakMap<Database.Database, Map<string, Database.Statement>>();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this`
  const prepare = Database.prototype.prepare as (
    this: Database.Database,
    sql: string,
  ) => Database.Statement;
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const known = compiled.get(this) ?? new Map<string, Database.Statement>();
    compiled.set(this, known);
    const found = known.get(sql);
    if (found !== undefined) return found.reader ? found.pluck(false) : found;
    const statement = prepare.call(this, sql);
    known.set(sql, statement);
    return statement;
  } as typeof Database.prototype.prepare;
}
