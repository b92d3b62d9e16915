/** What a sweep has used up, and what is set aside: the numbers behind its caps. */
import type { TrialKind } from '../../activities/contracts.js';
import { measureKinds, trialKinds, type MeasuredCosts } from '../budget/cost.js';
import type { Connection } from './connection.js';

export interface Usage {
  /** Card-seconds of all attempts that have ended. */
  readonly spentGpuSeconds: number;
  /** Card-seconds of open leases; a trial that was handed out without one counts with `worst`. */
  readonly leasedGpuSeconds: number;
  /** Handed out and not ended. */
  readonly inFlight: number;
  /** Proposed and not handed out, by kind. */
  readonly waiting: Readonly<Record<TrialKind, number>>;
  /** Card-seconds of trials that were scored. */
  readonly gpuSeconds: MeasuredCosts;
  /** Seconds of the same on their nodes, waiting included. */
  readonly seconds: MeasuredCosts;
}

/** Results of earlier versions say nothing of cards. */
const cost = 'coalesce(gpu_seconds, merge_seconds + evaluate_seconds, 0)';
const duration =
  '(merge_seconds + evaluate_seconds + coalesce(merge_wait_seconds, 0) + coalesce(slot_wait_seconds, 0))';
const isOpen = `state = 'proposed' AND handed_out = 1`;

/** @param worst card-seconds that a trial may take by its limits */
export function readUsage(db: Connection, sweep: string, worst: number): Usage {
  const sums = db
    .prepare(
      `SELECT coalesce(sum(${cost}), 0) AS spent,
         coalesce(sum(CASE WHEN ${isOpen} THEN coalesce(lease ->> 'gpuSeconds', @worst) END), 0) AS leased,
         count(CASE WHEN ${isOpen} THEN 1 END) AS inFlight
       FROM trials WHERE sweep = @sweep`,
    )
    .get({ sweep, worst }) as { spent: number; leased: number; inFlight: number };
  const waiting = db
    .prepare(
      `SELECT kind, count(*) AS count FROM trials
       WHERE sweep = ? AND state = 'proposed' AND handed_out = 0 GROUP BY kind`,
    )
    .all(sweep) as { kind: TrialKind; count: number }[];
  return {
    spentGpuSeconds: sums.spent,
    leasedGpuSeconds: sums.leased,
    inFlight: sums.inFlight,
    waiting: Object.fromEntries(
      trialKinds.map((kind) => [kind, waiting.find((row) => row.kind === kind)?.count ?? 0]),
    ) as Record<TrialKind, number>,
    gpuSeconds: readCosts(db, sweep, cost),
    seconds: readCosts(db, sweep, duration),
  };
}

/** Card-seconds of all attempts that have ended. */
export function readSpentGpuSeconds(db: Connection, sweep: string): number {
  const sum = db.prepare(`SELECT coalesce(sum(${cost}), 0) FROM trials WHERE sweep = ?`);
  return Number(sum.pluck().get(sweep));
}

function readCosts(db: Connection, sweep: string, value: string): MeasuredCosts {
  const rows = db
    .prepare(`SELECT kind, ${value} AS value FROM trials WHERE sweep = ? AND state = 'complete'`)
    .all(sweep) as { kind: TrialKind; value: number }[];
  return measureKinds(rows);
}

/** Search trials that were handed out at least once. */
export function countStarted(db: Connection, sweep: string): number {
  return Number(
    db
      .prepare(
        `SELECT count(*) FROM trials WHERE sweep = ? AND kind = 'search'
           AND (started_at IS NOT NULL OR node IS NOT NULL OR state = 'complete')`,
      )
      .pluck()
      .get(sweep),
  );
}
