/**
 * Who of a rung is scored on more documents. There are no generations to promote in: trials end in
 * any order, and each is judged when it ends (asynchronous successive halving, Li et al. 2020,
 * arXiv:1810.05934, with a window in place of the whole rung: early trials are of a search that had
 * not learned yet).
 */

/** Of the last results of a rung, this share goes up. */
const promotedShare = 1 / 3;
/** A candidate that is so many standard errors below the best, document by document, stays. */
const hopeless = -2;

/** The search trial that a promotion began as (`7r3` → `7`); any other is its own. */
export function originOf(trial: string): string {
  return trial.replace(/r\d+$/, '');
}

/**
 * Whether the newest result of a rung is in the best third of the last ones.
 * @param window fitness of the last results of the rung, the newest included and last, in the order
 *   in which they came; not empty
 */
export function isInBestThird(window: readonly number[]): boolean {
  const own = window.at(-1);
  if (own === undefined) return false;
  // Ties stay: on few documents there are many, and half of a rung would climb.
  const better = window.slice(0, -1).filter((fitness) => fitness >= own).length;
  return better < Math.max(1, Math.floor(window.length * promotedShare));
}

/**
 * Whether more documents are likely wasted on a candidate.
 * @param difference of its fitness to that of the best so far on the same documents
 * @param stderr of that difference, paired; absent where it is not known
 */
export function isHopeless(difference: number, stderr: number | undefined): boolean {
  return stderr !== undefined && stderr > 0 && difference / stderr < hopeless;
}
