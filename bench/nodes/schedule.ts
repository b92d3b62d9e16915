/** What the drawn times alone say: slots without any overhead. Pure. */

/** Seconds until all are done, a free slot taking the next at once. */
export function listSchedule(durations: readonly number[], slots: number): number {
  const freeAt = new Array<number>(slots).fill(0);
  for (const duration of durations) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first] = (freeAt[first] ?? 0) + duration;
  }
  return Math.max(...freeAt);
}

/** The same, a generation of `size` begun only once the one before is done. */
export function barrierSchedule(durations: readonly number[], slots: number, size: number): number {
  let total = 0;
  for (let at = 0; at < durations.length; at += size)
    total += listSchedule(durations.slice(at, at + size), slots);
  return total;
}
