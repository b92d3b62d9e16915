/**
 * The functions that optimizers are compared on, all minimised over [0, 1]^d: six BBOB-like ones and a simulated model
 * merge. A port of the language-neutral definition; `peers/functions.py` is the same in Python, and
 * `golden/function-vectors.json` holds values of both. A function is fixed by its spec and its instance.
 */
/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices run over arrays of the same length */
import { Mulberry32 } from './mulberry32.js';

export interface BenchFunction {
  readonly spec: string;
  readonly instance: number;
  /** d */
  readonly dimension: number;
  /** What the optimizer is told; smaller is better. Noisy for merges: a finite number of test items. */
  measured(x: readonly number[]): number;
  /** What the point is worth. */
  true(x: readonly number[]): number;
}

const bbobNames = [
  'sphere',
  'ellipsoid',
  'rosenbrock',
  'rastrigin',
  'schwefel',
  'stepellipsoid',
] as const;

type BbobName = (typeof bbobNames)[number];

/** @param spec `sphere_d8`, `merge_K4_G1_N200` or, without the gate, `mergeng_K4_G1_N400` */
export function makeFunction(spec: string, instance: number): BenchFunction {
  if (spec.startsWith('merge')) return makeMerge(spec, instance);
  const match = /^([a-z]+)_d(\d+)$/.exec(spec);
  const name = bbobNames.find((known) => known === match?.[1]);
  if (match === null || name === undefined) throw new Error(`no such function: ${spec}`);
  return makeBbob(name, Number(match[2]), instance);
}

/** The value at the optimum is 0. */
function makeBbob(name: BbobName, d: number, instance: number): BenchFunction {
  const random = new Mulberry32(1000003 * (bbobNames.indexOf(name) + 1) + 1009 * d + instance);
  const optimum = times(d, () => random.range(-4, 4));
  const sign = times(d, () => (random.uniform() < 0.5 ? 1 : -1));
  const isRotated = name === 'ellipsoid' || name === 'rastrigin' || name === 'stepellipsoid';
  const rotation = isRotated ? randomRotation(random, d) : [];
  const t = times(d, (i) => i / Math.max(1, d - 1));

  const value = (x: readonly number[]): number => {
    if (name === 'schwefel') {
      const terms = x.map((xi, i) => {
        const u = sign[i]! * (1000 * xi - 500);
        return u * Math.sin(Math.sqrt(Math.abs(u)));
      });
      return 418.9828872724339 - sum(terms) / d;
    }
    const shifted = x.map((xi, i) => 10 * xi - 5 - optimum[i]!);
    if (name === 'sphere') return dot(shifted, shifted);
    if (name === 'rosenbrock') {
      const scale = Math.max(1, Math.sqrt(d) / 8);
      const z = shifted.map((zi) => scale * (zi * 0.75) + 1);
      const terms = z.slice(1).map((next, i) => {
        const zi = z[i]!;
        return 100 * (zi ** 2 - next) ** 2 + (zi - 1) ** 2;
      });
      return sum(terms);
    }
    const z = rotation.map((row) => dot(row, shifted));
    switch (name) {
      case 'ellipsoid':
        return sum(z.map((zi, i) => 10 ** (4 * t[i]!) * zi * zi));
      case 'rastrigin':
        return 10 * (d - sum(z.map((zi) => Math.cos(2 * Math.PI * zi)))) + dot(z, z);
      case 'stepellipsoid': {
        const steps = z.map((zi) =>
          Math.abs(zi) > 0.5 ? Math.floor(0.5 + zi) : Math.floor(0.5 + 10 * zi) / 10,
        );
        const curved = sum(steps.map((zi, i) => 10 ** (2 * t[i]!) * zi * zi));
        return 0.1 * Math.max(Math.abs(z[0]!) / 1e4, curved);
      }
    }
  };
  return { spec: `${name}_d${d}`, instance, dimension: d, measured: value, true: value };
}

/** Rows of normals, orthonormalised in order by modified Gram-Schmidt. */
function randomRotation(random: Mulberry32, d: number): number[][] {
  const rows = times(d, () => times(d, () => random.normal()));
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const along = dot(rows[i]!, rows[j]!);
      rows[i] = rows[i]!.map((value, k) => value - along * rows[j]![k]!);
    }
    const length = Math.sqrt(dot(rows[i]!, rows[i]!));
    rows[i] = rows[i]!.map((value) => value / length);
  }
  return rows;
}

/** A simulated merge of K parents in G layer groups: weights w[k][g], k-major, then densities in the same order. */
export interface MergeFunction extends BenchFunction {
  readonly parents: number;
  readonly groups: number;
  /** Test items of each task. */
  readonly itemsPerTask: number;
  /** The accuracy on the last task that the merge must keep, or lose twice the shortfall; −∞ without a gate. */
  readonly gate: number;
  /** Per task, parents' specialities first and the general task last: the share of items that are answered right. */
  measuredAccuracies(x: readonly number[]): number[];
  /** The same, of infinitely many answers to each item. */
  trueAccuracies(x: readonly number[]): number[];
  /** The value of such accuracies: what `measured` and `true` give. */
  lossOf(accuracies: readonly number[]): number;
  /** Per task: which items are answered right. */
  items(x: readonly number[]): boolean[][];
  /** Merges that one would try first: all parents alike, each parent alone, and one half of everything. */
  knownMerges(): number[][];
}

const GATE_WEIGHT = 2;

interface Item {
  readonly difficulty: number;
  readonly threshold: number;
  /** All zero for an anchored item, whose luck does not change with the point. */
  readonly direction: readonly number[] | null;
}

export function makeMerge(spec: string, instance: number): MergeFunction {
  const match = /^merge(ng)?_K(\d+)_G(\d+)_N(\d+)$/.exec(spec);
  if (match === null) throw new Error(`no such function: ${spec}`);
  const [K, G, N] = [Number(match[2]), Number(match[3]), Number(match[4])];
  const hasGate = match[1] === undefined;
  const d = 2 * K * G;
  const T = K + 1;
  const random = new Mulberry32(7000001 + 10007 * K + 131 * G + 7919 * instance);

  const skillOf = times(T, (t) =>
    times(K, (k) => {
      if (t === k) return random.range(0.8, 1.2);
      return t < K ? random.range(-0.25, 0.35) : random.range(-0.35, 0.1);
    }),
  );
  const share = times(T, () => {
    const row = times(G, () => Math.exp(0.7 * random.normal()));
    return row.map((value) => value / sum(row));
  });
  const conflict = times(K, (j) =>
    times(K, (k) => (k > j ? () => random.range(0.1, 0.9) : () => 0)),
  ).map((row) => row.map((draw) => draw()));
  const sensitivity = times(T, () => random.range(0.5, 1));
  const threshold = times(T, (t) => (t < K ? skillOf[t]![t]! - 0.5 : -0.6));
  const chance = times(T, () => (random.uniform() < 0.5 ? 0 : 0.25));
  const itemsPerTask = Math.max(1, Math.floor(N / T));
  const difficulty = times(T, () => times(itemsPerTask, () => 1.2 * random.normal()));
  const items = times(T, (t) =>
    times(itemsPerTask, (i): Item => {
      const luck = random.uniform();
      const isAnchored = random.uniform() < 0.6;
      const direction = isAnchored ? null : times(d, () => 3 * random.normal());
      return { difficulty: difficulty[t]![i]!, threshold: luck, direction };
    }),
  );

  const skills = (x: readonly number[]): number[] => {
    const rho = times(K, (k) => times(G, (g) => 0.05 + 0.95 * x[K * G + k * G + g]!));
    const effect = times(K, (k) =>
      times(G, (g) => (x[k * G + g]! * (1 - Math.exp(-5 * rho[k]![g]!))) / (1 - Math.exp(-5))),
    );
    const saturated = effect.map((row) =>
      row.map((e) => (1 - Math.exp(-2.5 * e)) / (1 - Math.exp(-2.5))),
    );
    const dense = effect.map((row, k) => row.map((e, g) => e * Math.sqrt(rho[k]![g]!)));
    const interference = times(G, (g) => {
      let total = 0;
      for (let j = 0; j < K; j++) {
        for (let k = j + 1; k < K; k++) total += conflict[j]![k]! * dense[j]![g]! * dense[k]![g]!;
      }
      return total;
    });
    const overscaled = times(
      G,
      (g) => 0.5 * Math.max(0, sum(effect.map((row) => row[g]!)) - 1.2) ** 2,
    );
    let mismatch = 0;
    for (let g = 0; g + 1 < G; g++) {
      mismatch += sum(effect.map((row) => (row[g + 1]! - row[g]!) ** 2));
    }
    mismatch = G > 1 ? (0.3 * mismatch) / (G - 1) : 0;
    return times(T, (t) => {
      const perGroup = times(G, (g) => {
        const gain = sum(times(K, (k) => skillOf[t]![k]! * saturated[k]![g]!));
        return share[t]![g]! * (gain - sensitivity[t]! * interference[g]! - overscaled[g]!);
      });
      return sum(perGroup) - mismatch;
    });
  };
  const probabilities = (x: readonly number[]): number[][] =>
    skills(x).map((skill, t) =>
      items[t]!.map(({ difficulty }) => {
        const logit = 2.2 * (skill - threshold[t]!) - difficulty;
        return chance[t]! + (0.97 - chance[t]!) / (1 + Math.exp(-logit));
      }),
    );
  const answers = (x: readonly number[]): boolean[][] =>
    probabilities(x).map((row, t) =>
      row.map((p, i) => {
        const { threshold, direction } = items[t]![i]!;
        const u = direction === null ? threshold : threshold + dot(direction, x);
        return u - Math.floor(u) < p;
      }),
    );
  const measuredAccuracies = (x: readonly number[]): number[] =>
    answers(x).map((row) => row.filter(Boolean).length / row.length);
  // The mean of `probabilities`, without the arrays: optima are searched for with it.
  const trueAccuracies = (x: readonly number[]): number[] =>
    skills(x).map((skill, t) => {
      const [least, row] = [chance[t]!, items[t]!];
      const margin = 2.2 * (skill - threshold[t]!);
      let total = 0;
      for (const item of row) {
        total += least + (0.97 - least) / (1 + Math.exp(-(margin - item.difficulty)));
      }
      return total / row.length;
    });

  const base = [...new Array<number>(K * G).fill(0), ...new Array<number>(K * G).fill(1)];
  const gate = hasGate ? trueAccuracies(base)[K]! - 0.05 : -Infinity;
  const loss = (accuracies: readonly number[]): number =>
    -(mean(accuracies) - GATE_WEIGHT * Math.max(0, gate - accuracies[K]!));

  return {
    spec,
    instance,
    dimension: d,
    parents: K,
    groups: G,
    itemsPerTask,
    gate,
    measuredAccuracies,
    trueAccuracies,
    lossOf: loss,
    items: answers,
    measured: (x) => loss(measuredAccuracies(x)),
    true: (x) => loss(trueAccuracies(x)),
    knownMerges: () => [
      [...new Array<number>(K * G).fill(1 / K), ...new Array<number>(K * G).fill(1)],
      ...times(K, (k) => [
        ...times(K * G, (j) => (Math.floor(j / G) === k ? 1 : 0)),
        ...new Array<number>(K * G).fill(1),
      ]),
      new Array<number>(d).fill(0.5),
    ],
  };
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function dot(left: readonly number[], right: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < left.length; i++) total += left[i]! * right[i]!;
  return total;
}
