/** Is the difference real? Two models on the same documents, compared document by document. */
import { criticalT, twoSidedTailOfT } from './student-t.js';

/** `better` and `worse` are of the second against the first, at the 95 % level. */
export type PairedVerdict = 'better' | 'worse' | 'no difference shown';

/** How a p-value was made, for the reader. */
export type PairedMethod = 'exact McNemar test' | 'paired t-test';

export interface PairedDifference {
  /** Pairs, ≥ 1. */
  readonly documents: number;
  /** Mean of second − first over the documents. */
  readonly difference: number;
  /** Standard error of that mean; absent with one document. */
  readonly stderr?: number;
  /** 95 % interval of the mean difference (t distribution); absent with one document. */
  readonly interval?: readonly [number, number];
  /** Two-sided, 0..1. */
  readonly pValue: number;
  readonly method: PairedMethod;
  readonly verdict: PairedVerdict;
}

const level = 0.05;

/**
 * Compares per-document values in the same order of documents. Where all are 0 or 1 the p-value is
 * McNemar's, exact (binomial on the documents that differ); otherwise Student's, paired.
 *
 * @throws RangeError unless both have the same number of documents, ≥ 1
 */
export function comparePaired(
  first: readonly number[],
  second: readonly number[],
  higherIsBetter = true,
): PairedDifference {
  if (first.length !== second.length || first.length === 0) {
    throw new RangeError(
      `paired values are of the same documents, got ${first.length} and ${second.length}`,
    );
  }
  const differences = second.map((value, index) => value - (first[index] ?? Number.NaN));
  const documents = differences.length;
  const difference = mean(differences);
  const isBinary = [...first, ...second].every((value) => value === 0 || value === 1);
  const stderr = documents > 1 ? standardErrorOfMean(differences, difference) : undefined;
  const pValue = isBinary ? mcNemarPValue(differences) : tPValue(difference, stderr, documents);
  const reach = stderr === undefined ? undefined : criticalT(level, documents - 1) * stderr;
  return {
    documents,
    difference,
    ...(stderr === undefined ? {} : { stderr }),
    ...(reach === undefined ? {} : { interval: [difference - reach, difference + reach] }),
    pValue,
    method: isBinary ? 'exact McNemar test' : 'paired t-test',
    verdict: judge(pValue, higherIsBetter ? difference : -difference),
  };
}

/** Two-sided exact McNemar test, from the counts of documents that only one of the two got right. */
export function exactMcNemar(onlyFirst: number, onlySecond: number): number {
  const discordant = onlyFirst + onlySecond;
  let logTerm = -discordant * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= Math.min(onlyFirst, onlySecond); k++) {
    logTerm += Math.log((discordant - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}

function mcNemarPValue(differences: readonly number[]): number {
  const onlySecond = differences.filter((difference) => difference > 0).length;
  const onlyFirst = differences.filter((difference) => difference < 0).length;
  return exactMcNemar(onlyFirst, onlySecond);
}

function tPValue(difference: number, stderr: number | undefined, documents: number): number {
  if (stderr === undefined || difference === 0) return 1;
  return twoSidedTailOfT(difference / stderr, documents - 1);
}

function judge(pValue: number, gain: number): PairedVerdict {
  if (pValue >= level || gain === 0) return 'no difference shown';
  return gain > 0 ? 'better' : 'worse';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardErrorOfMean(values: readonly number[], average: number): number {
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
