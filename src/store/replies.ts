import type { Connection } from './connection.js';

/** Which request a reply answers: a used id with another content is another request. */
export interface RequestKey {
  readonly sweep: string;
  readonly requestId: number;
  /** SHA-256 over the request, hex. */
  readonly sha256: string;
}

/** The reply that the same request got before. */
export function findReply(db: Connection, key: RequestKey): unknown {
  const text = db
    .prepare('SELECT reply FROM replies WHERE sweep = ? AND request_id = ? AND request_sha256 = ?')
    .pluck()
    .get(key.sweep, key.requestId, key.sha256) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
}

export function insertReply(db: Connection, key: RequestKey, reply: unknown): void {
  db.prepare(
    'INSERT INTO replies (sweep, request_id, request_sha256, reply) VALUES (?, ?, ?, ?)',
  ).run(key.sweep, key.requestId, key.sha256, JSON.stringify(reply));
}

/** One more than any id the sweep has answered; 1 for a new sweep. */
export function nextRequestId(db: Connection, sweep: string): number {
  return Number(
    db
      .prepare('SELECT 1 + coalesce(max(request_id), 0) FROM replies WHERE sweep = ?')
      .pluck()
      .get(sweep),
  );
}
