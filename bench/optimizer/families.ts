/** The functions by family; figures are given per family. */

export interface Family {
  readonly name: string;
  readonly specs: readonly string[];
  /**
   * `points`: regret in points of accuracy, means of the cells. `ratio`: regret ÷ that of random search on the same
   * cell, geometric means, for functions of different scales.
   */
  readonly measure: 'points' | 'ratio';
  /** Whether the goals are over it; the others are reported beside them. */
  readonly isGoal: boolean;
  /** Of the asked instances, so many from the first. */
  readonly mostInstances: number;
}

export const families: readonly Family[] = [
  {
    name: 'gated-200',
    specs: ['merge_K4_G1_N200', 'merge_K4_G2_N200', 'merge_K4_G4_N200'],
    measure: 'points',
    isGoal: true,
    mostInstances: Infinity,
  },
  {
    name: 'gated-1000',
    specs: ['merge_K4_G1_N1000', 'merge_K4_G2_N1000'],
    measure: 'points',
    isGoal: true,
    mostInstances: Infinity,
  },
  {
    name: 'ungated-400',
    specs: ['mergeng_K4_G1_N400', 'mergeng_K4_G2_N400', 'mergeng_K4_G4_N400'],
    measure: 'points',
    isGoal: true,
    mostInstances: Infinity,
  },
  {
    name: 'smooth',
    specs: ['sphere', 'ellipsoid', 'rosenbrock'].flatMap((name) => [`${name}_d8`, `${name}_d16`]),
    measure: 'ratio',
    isGoal: false,
    mostInstances: 5,
  },
  {
    name: 'rugged',
    specs: ['rastrigin_d8', 'schwefel_d8', 'stepellipsoid_d8'],
    measure: 'ratio',
    isGoal: false,
    mostInstances: 5,
  },
];

/** The family whose shipped regret is compared with mergekit-evolve's preset. */
export const presetFamily = 'gated-1000';

/** The functions of some families, the instances of each family together. */
export function listFunctions(
  families: readonly Family[],
  instances: readonly number[],
): { spec: string; instance: number }[] {
  return families.flatMap(({ specs, mostInstances }) =>
    instances
      .slice(0, mostInstances)
      .flatMap((instance) => specs.map((spec) => ({ spec, instance }))),
  );
}
