import type { Connection } from './connection.js';

/** Tool versions of the trial that was scored first, of whatever kind; undefined before that. */
export function readFirstVersions(
  db: Connection,
  sweep: string,
): Readonly<Record<string, string>> | undefined {
  const text = db
    .prepare(
      `SELECT versions FROM trials
       WHERE sweep = ? AND state = 'complete' AND versions IS NOT NULL
       ORDER BY ended_at, ordinal LIMIT 1`,
    )
    .pluck()
    .get(sweep) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>);
}
