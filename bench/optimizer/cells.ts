/** The regrets of all optimizers, by where they were measured. */
import type { Family } from './families.js';
import type { Regret, RegretMeasure } from './regret.js';
import { geometricMean, mean } from './statistics.js';

/** One run of one optimizer. */
export interface Cell {
  readonly optimizer: string;
  readonly spec: string;
  readonly instance: number;
  readonly batch: number;
  readonly regrets: readonly Regret[];
}

/** Which regret is meant. */
export interface Measured {
  readonly batch: number;
  /** In trials. */
  readonly budget: number;
  readonly measure: RegretMeasure;
}

export class Cells {
  readonly #cells = new Map<string, Cell>();

  constructor(cells: readonly Cell[]) {
    for (const cell of cells) this.#cells.set(keyOf(cell), cell);
  }

  /** In the order of their first runs. */
  optimizers(): string[] {
    return [...new Set([...this.#cells.values()].map(({ optimizer }) => optimizer))];
  }

  /** Undefined where it did not run, or not as far. */
  find(
    optimizer: string,
    spec: string,
    instance: number,
    { batch, budget, measure }: Measured,
  ): number | undefined {
    const cell = this.#cells.get(keyOf({ optimizer, spec, instance, batch }));
    return cell?.regrets.find((regret) => regret.budget === budget)?.[measure];
  }

  /**
   * What the family is judged by, a value each for the cells that all of these optimizers have, in the same order:
   * points, or the ratio to random search.
   * @param instances each as often as it is listed
   */
  shared(
    optimizers: readonly string[],
    family: Family,
    instances: readonly number[],
    measured: Measured,
  ): number[][] {
    const rows = optimizers.map((): number[] => []);
    for (const instance of instances) {
      for (const spec of family.specs) {
        const by = (name: string): number => {
          const value = this.find(name, spec, instance, measured);
          if (value === undefined || family.measure === 'points') return value ?? Number.NaN;
          const random = this.find('random', spec, instance, measured) ?? Number.NaN;
          return value / random;
        };
        const values = optimizers.map(by);
        if (values.some(Number.isNaN)) continue;
        values.forEach((value, index) => rows[index]?.push(value));
      }
    }
    return rows;
  }
}

/** Means of points; geometric means of ratios. */
export function familyMean({ measure }: Family, values: readonly number[]): number {
  return measure === 'points' ? mean(values) : geometricMean(values);
}

function keyOf({ optimizer, spec, instance, batch }: Omit<Cell, 'regrets'>): string {
  return `${optimizer} ${spec} ${instance} ${batch}`;
}
