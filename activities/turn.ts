import type { OptimizerEvent } from '../src/samplers/sampler.js';
import type { Candidate } from '../src/space/search-space.js';
import type { Connection } from '../src/store/connection.js';
import { appendEvent } from '../src/store/optimizer-log.js';
import type { SweepSession } from './sweep-session.js';

/** One transaction on one sweep. */
export interface Turn extends SweepSession {
  readonly db: Connection;
  readonly ledgerId: string;
  readonly sweep: string;
  /** ISO 8601, for display only. */
  readonly at: string;
}

/** Writes an event and applies it: the two never part, for a failed transaction drops the session. */
export function happen(turn: Turn, event: OptimizerEvent): Candidate | undefined {
  appendEvent(turn.db, turn.sweep, event);
  return turn.sampler.apply(event);
}
