/** What choosing among several by a score does to that score, and how the report allows for it. */
import { formatScore } from './number-text.js';
import type { ScoredModel } from './scored-model.js';
import { criticalT } from './student-t.js';

/** Student's t with this many degrees of freedom is the normal distribution to 1e-7. */
const normalFreedom = 1e7;

/**
 * From so many standard errors on a lead of the best of `count` is shown at the 95 % level, two-sided:
 * 1.96 for one, 2.58 for five. Bonferroni's: each of them may lead by luck.
 */
export function criticalLead(count: number): number {
  return criticalT(levelFor(count), normalFreedom);
}

/** Below this p-value the difference of a best of `count` is shown. */
export function levelFor(count: number): number {
  return 0.05 / Math.max(1, count);
}

/** `, the best of 5 finalists`, or nothing where there was no choice. */
export function chosenAmong(finalists: readonly ScoredModel[]): string {
  return finalists.length < 2 ? '' : `, the best of ${finalists.length} finalists`;
}

/** The finalists with what they have on held-out documents; the first five. */
export function listFinalists(finalists: readonly ScoredModel[]): string {
  const shown = finalists
    .slice(0, 5)
    .map(({ name, confirm }) => `${name} ${formatScore(confirm?.fitness)}`);
  return finalists.length > 5 ? `${shown.join(', ')}, …` : shown.join(', ');
}
