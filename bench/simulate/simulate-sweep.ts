/** Simulated time of a sweep from the costs of its stages: no model is merged or evaluated. */

export interface SimulatedSweep {
  /** Merges that are evaluated: trials, and the promotions among them. */
  readonly jobs: number;
  /** Trials in flight: with 2 the next one is made ready while this one is evaluated. */
  readonly inFlight: 1 | 2;
  /** Before the first trial; seconds, as all that follow. */
  readonly startSeconds: number;
  /** Per job: until the evaluation's process has work; one job at a time. */
  readonly prepareSeconds: number;
  /** Per job: what the evaluation's process does before it evaluates, e.g. loads a checkpoint. */
  readonly loadSeconds: number;
  /** Per job: the model's calls. One evaluation at a time, its loading included. */
  readonly evaluateSeconds: number;
}

export interface SimulatedTime {
  readonly seconds: number;
  /** Share of `seconds` in which the card evaluates. */
  readonly evaluatingShare: number;
}

/** Event by event: a job starts when there is room in flight, and each of its stages when that is free. */
export function simulateSweep(sweep: SimulatedSweep): SimulatedTime {
  const { jobs, inFlight, startSeconds, prepareSeconds, loadSeconds, evaluateSeconds } = sweep;
  const ends: number[] = [];
  let prepareFree = startSeconds;
  let evaluateFree = startSeconds;
  for (let job = 0; job < jobs; job++) {
    const proposed = ends[job - inFlight] ?? startSeconds;
    prepareFree = Math.max(proposed, prepareFree) + prepareSeconds;
    evaluateFree = Math.max(prepareFree, evaluateFree) + loadSeconds + evaluateSeconds;
    ends.push(evaluateFree);
  }
  return { seconds: evaluateFree, evaluatingShare: (jobs * evaluateSeconds) / evaluateFree };
}
