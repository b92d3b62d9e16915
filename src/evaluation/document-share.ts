import { hash } from 'node:crypto';
import { StageFailedError } from '../errors.js';

/**
 * The part of every eval task's documents that a rung scores. The documents of a task are shuffled
 * once per sweep; rung k has the first `rungs[k-1]` of them, so each rung holds the one below it and
 * every trial of a rung is scored on the same documents.
 */
export interface DocumentShare {
  /** Of the shuffling. */
  readonly seed: number;
  /** Ascending shares of each task's documents, the last is 1. */
  readonly rungs: readonly number[];
  /** From 1. */
  readonly rung: number;
  /** Only what the rung below does not have. */
  readonly isExtension: boolean;
  /** Documents of each leaf task, as a full evaluation found them. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Ascending document ids by leaf task: stratified, for each task gives the same share.
 * @throws StageFailedError `configuration` where a task has fewer documents than there are rungs
 */
export function selectDocuments(share: DocumentShare): Record<string, number[]> {
  const { rungs, rung, isExtension, counts } = share;
  return Object.fromEntries(
    Object.entries(counts).map(([task, count]) => {
      if (count < rungs.length) {
        throw new StageFailedError(
          'configuration',
          `The eval task ${task} has ${count} documents, too few for ${rungs.length} rungs: set fidelity.strategy to off.`,
        );
      }
      const from = isExtension ? endOf(rungs, rung - 1, count) : 0;
      const ids = shuffle(share.seed, task, count).slice(from, endOf(rungs, rung, count));
      return [task, ids.sort((a, b) => a - b)];
    }),
  );
}

/** Documents of all tasks that the share takes. */
export function countDocuments(share: DocumentShare): number {
  return Object.values(selectDocuments(share)).reduce((sum, ids) => sum + ids.length, 0);
}

/** At least one document more than the rung below has, and one left for each rung above. */
function endOf(rungs: readonly number[], rung: number, count: number): number {
  if (rung === 0) return 0;
  const wanted = Math.round((rungs[rung - 1] ?? 1) * count);
  const least = endOf(rungs, rung - 1, count) + 1;
  return Math.min(count - (rungs.length - rung), Math.max(least, wanted));
}

/** By the hash of (seed, task, id): the order does not depend on how many documents there are. */
function shuffle(seed: number, task: string, count: number): number[] {
  const keyed = Array.from({ length: count }, (_, id) => ({
    id,
    key: hash('sha256', `${seed}\0${task}\0${id}`),
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ id }) => id);
}
