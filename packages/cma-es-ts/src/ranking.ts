import type { BestResult, Member } from './state.js';

/**
 * Orders results best first: finite values ascending, failures last, ties by candidate id, then foreign points in the
 * order they were told. No two members compare equal, so the order of completion never shows.
 */
export function compareMembers(left: Member, right: Member): number {
  if (left.value === null || right.value === null) {
    if (left.value !== right.value) return left.value === null ? 1 : -1;
  } else if (left.value !== right.value) {
    return left.value < right.value ? -1 : 1;
  }
  return compareIds(left.id, right.id);
}

/** Of candidates, then of foreign points: 0 < 1 < 2 < … < −1 < −2 < … */
export function compareIds(left: number, right: number): number {
  if (left >= 0 !== right >= 0) return left >= 0 ? -1 : 1;
  return left >= 0 ? left - right : right - left;
}

/** The better of the best so far and a new result. */
export function betterOf(best: BestResult | null, member: Member): BestResult | null {
  const { id, x, value } = member;
  if (value === null) return best;
  const isBetter =
    best === null || value < best.value || (value === best.value && compareIds(id, best.id) < 0);
  return isBetter ? { id, x, value } : best;
}
