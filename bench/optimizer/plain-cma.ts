/** cma-es-ts as it comes, shipping the best measured point: the yardstick of our own optimizers. */
import { Cma } from 'cma-es-ts';
import type { MakeSearch } from './optimizer-under-test.js';

export const plainCma: MakeSearch = (f, seed) => {
  const cma = new Cma({ dimension: f.dimension, seed });
  const open = new Map<number, readonly number[]>();
  const told: { readonly x: readonly number[]; readonly value: number }[] = [];
  return {
    ask() {
      const { id, x } = cma.ask();
      open.set(id, x);
      return { id, x };
    },
    tell(id, outcome) {
      const x = open.get(id);
      if (x === undefined) return;
      open.delete(id);
      if ('failed' in outcome) cma.fail(id);
      else {
        cma.tell(id, outcome.value);
        told.push({ x, value: outcome.value });
      }
    },
    finalists: (k) =>
      told
        .toSorted((a, b) => a.value - b.value)
        .slice(0, k)
        .map(({ x }) => x),
  };
};

/** λ, as cma-es-ts has it unless told otherwise. */
export function generationSize(dimension: number): number {
  return 4 + Math.floor(3 * Math.log(dimension));
}
