import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeFunction, makeMerge } from './functions.js';
import { Mulberry32 } from './mulberry32.js';

interface Vectors {
  readonly mulberry32_seed1: readonly number[];
  readonly mulberry32_normal_seed1: readonly number[];
  readonly functions: readonly {
    readonly spec: string;
    readonly inst: number;
    readonly x: readonly (readonly number[])[];
    readonly f: readonly number[];
  }[];
  readonly merge: readonly {
    readonly spec: string;
    readonly inst: number;
    readonly gate: number;
    readonly x: readonly (readonly number[])[];
    readonly true: readonly number[];
    readonly measured: readonly number[];
    readonly correct: readonly number[];
  }[];
}

const file = new URL('golden/function-vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

/** Relative to the value where that is large: numpy sums in another order. */
function expectEqual(got: number, wanted: number): void {
  expect(Math.abs(got - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(1e-12);
}

describe('Mulberry32', () => {
  it('gives the reference numbers', () => {
    const uniform = new Mulberry32(1);
    expect(vectors.mulberry32_seed1.map(() => uniform.uniform())).toEqual(vectors.mulberry32_seed1);
    const normal = new Mulberry32(1);
    for (const wanted of vectors.mulberry32_normal_seed1) expectEqual(normal.normal(), wanted);
  });
});

describe('makeFunction', () => {
  it.each(vectors.functions)('has the reference values of $spec', ({ spec, inst, x, f }) => {
    const made = makeFunction(spec, inst);
    x.forEach((point, i) => {
      expectEqual(made.true(point), f[i]!);
      expect(made.measured(point)).toBe(made.true(point));
    });
  });

  it.each(vectors.merge)(
    'has the reference values of $spec, to the item',
    ({ spec, inst, x, gate, correct, ...wanted }) => {
      const made = makeMerge(spec, inst);
      expectEqual(made.gate, gate);
      x.forEach((point, i) => {
        expectEqual(made.true(point), wanted.true[i]!);
        expectEqual(made.measured(point), wanted.measured[i]!);
        expect(made.items(point).flat().filter(Boolean)).toHaveLength(correct[i]!);
      });
    },
  );

  it('refuses a function that nobody defined', () => {
    expect(() => makeFunction('plane_d4', 1)).toThrow('plane_d4');
    expect(() => makeFunction('merge_K2_N200', 1)).toThrow('merge_K2_N200');
  });
});
