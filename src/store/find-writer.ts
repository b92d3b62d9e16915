import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { WriterDescription } from './writer-lock.js';

/**
 * Who writes the results folder, without taking its lock; undefined: nobody.
 *
 * @returns `{}` of a holder who has not said yet who they are
 */
export function findWriter(resultsDir: string): Partial<WriterDescription> | undefined {
  const path = join(resultsDir, 'writer.lock');
  if (!existsSync(path)) return undefined;
  const db = new Database(path, { readonly: true, timeout: 0 });
  try {
    // Readable at once unless somebody has it for themselves.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return undefined;
  } catch (error) {
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')))
      throw error;
    return readDescription(join(resultsDir, 'writer.json'));
  } finally {
    db.close();
  }
}

function readDescription(path: string): Partial<WriterDescription> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WriterDescription;
  } catch {
    return {};
  }
}
