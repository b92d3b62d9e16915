import { closeSync, existsSync, openSync } from 'node:fs';

/**
 * Creates a database file that only its owner may read; SQLite gives its side files the same
 * permissions. A file that exists is left alone: opening and closing it here would drop the locks
 * that SQLite holds on it in this process.
 */
export function createPrivately(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}
