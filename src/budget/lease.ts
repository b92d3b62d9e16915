/** How much of a capped budget a trial may use up. */

/** All in seconds: of cards, or of the wall clock. */
export interface LeaseQuestion {
  /** What the cap leaves, beyond what is spent, what open leases hold and what is kept in reserve. */
  readonly available: number;
  /** Trials that it is to be shared by, this one included, ≥ 1. */
  readonly sharers: number;
  /** What the trial may take by its limits, all attempts together, > 0. */
  readonly worst: number;
  /** With less it is not begun, > 0. */
  readonly least: number;
}

/** Times its estimate: what a search trial gets at least. */
export const leastSearchFactor = 1.5;
/** Times its estimate: what is kept for a trial that must run (baseline, promotion, confirmation). */
export const reserveFactor = 1.25;

/**
 * The worst case where the cap allows that for all sharers, else a fair share, but never less than
 * `least`; undefined where less than that is available.
 */
export function sizeLease({ available, sharers, worst, least }: LeaseQuestion): number | undefined {
  const needed = Math.min(least, worst);
  if (!(available >= needed)) return undefined;
  return Math.min(available, worst, Math.max(available / sharers, needed));
}
