import type { Connection } from './connection.js';

/** The parent with the highest score of its own: what a merge has to beat. */
export function readBestParent(
  db: Connection,
  sweep: string,
): { readonly label: string; readonly score: number } | undefined {
  return db
    .prepare(
      `SELECT label, fitness AS score FROM trials
       WHERE sweep = ? AND kind = 'baseline' AND state = 'complete' AND label <> 'base'
         AND input ->> '$.subject.kind' = 'model'
       ORDER BY fitness DESC, ordinal LIMIT 1`,
    )
    .get(sweep) as { label: string; score: number } | undefined;
}
