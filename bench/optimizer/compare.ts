/** Our regret ÷ a peer's, on the cells that both have. */
import { familyMean, type Cells, type Measured } from './cells.js';
import { type Family, presetFamily } from './families.js';
import { type Quartiles, resampledQuartiles } from './statistics.js';

/** A peer that ran on a smaller share of our cells is told and not compared with: chance would choose the best one. */
const LEAST_SHARE = 0.1;

export interface Comparison {
  readonly family: string;
  readonly peer: string;
  /** Ours ÷ the peer's; below 1 ours is better. */
  readonly ratio: number;
  /** Of the ratio, over draws of the instances. */
  readonly quartiles: Quartiles;
  /** How many are compared. */
  readonly cells: number;
}

export interface Question {
  readonly cells: Cells;
  readonly ours: string;
  readonly peers: readonly string[];
  readonly instances: readonly number[];
  readonly measured: Measured;
}

/** Null when they share no cell. */
export function compareWith(question: Question, family: Family, peer: string): Comparison | null {
  const { cells, ours, instances, measured } = question;
  const ratioOn = (drawn: readonly number[]): number => {
    const [own = [], others = []] = cells.shared([ours, peer], family, drawn, measured);
    return familyMean(family, own) / familyMean(family, others);
  };
  const count = cells.shared([ours, peer], family, instances, measured)[0]?.length ?? 0;
  if (count === 0) return null;
  return {
    family: family.name,
    peer,
    ratio: ratioOn(instances),
    quartiles: resampledQuartiles(instances, ratioOn),
    cells: count,
  };
}

/** With the peer that is hardest to beat; null when there is none. */
export function compareWithBest(question: Question, family: Family): Comparison | null {
  const { cells, ours, peers, instances, measured } = question;
  const all = cells.shared([ours], family, instances, measured)[0]?.length ?? 0;
  return peers
    .flatMap((peer) => compareWith(question, family, peer) ?? [])
    .filter((comparison) => comparison.cells >= LEAST_SHARE * all)
    .reduce<Comparison | null>(
      (hardest, next) => (hardest === null || next.ratio > hardest.ratio ? next : hardest),
      null,
    );
}

/** Over the families that the goals are over; null when no peer ran on any. */
export interface Span {
  /** Our ratio to the best peer where it is highest. */
  readonly worst: number | null;
  /** And where it is lowest. */
  readonly best: number | null;
  readonly perFamily: readonly Comparison[];
}

export function compareOverFamilies(question: Question, families: readonly Family[]): Span {
  const perFamily = families
    .filter(({ isGoal }) => isGoal)
    .flatMap((family) => compareWithBest(question, family) ?? []);
  const ratios = perFamily.map(({ ratio }) => ratio);
  if (ratios.length === 0) return { worst: null, best: null, perFamily };
  return { worst: Math.max(...ratios), best: Math.min(...ratios), perFamily };
}

/** Of the shipped point, ours ÷ mergekit-evolve's; null when it did not run. */
export function compareWithPreset(
  question: Question,
  families: readonly Family[],
): Comparison | null {
  const family = families.find(({ name }) => name === presetFamily);
  return family === undefined ? null : compareWith(question, family, 'mergekit');
}
