/** The merge methods a sweep can search, as a table of traits. Upstream: mergekit 0.1.5, `merge_methods/registry.py`. */

export interface ParameterTrait {
  /** `model`: one value per parent; `method`: one for the merge. */
  readonly scope: 'model' | 'method';
  /** Values that mergekit takes with a defined effect, inclusive. */
  readonly min: number;
  readonly max: number;
  /** The range searched when the sweep file names none; absent: not searched unless asked for. */
  readonly defaultRange?: { readonly min: number; readonly max: number };
  /** Where a search starts, whatever its range: clipped to that; absent: in the middle. */
  readonly start?: (parents: number) => number;
  /** mergekit needs a value: it is set even when the sweep does not search it. */
  readonly required?: number;
}

export interface MergeMethod {
  readonly name: string;
  readonly needsBase: boolean;
  /** Exact number of models, the base included where mergekit counts it. */
  readonly models?: number;
  readonly parameters: Readonly<Record<string, ParameterTrait>>;
  readonly switches: readonly string[];
  /** Whether two runs with different seeds give different models. */
  readonly isRandom: boolean;
  readonly reference: string;
}

const weight: ParameterTrait = {
  scope: 'model',
  min: -2,
  max: 2,
  defaultRange: { min: 0, max: 1 },
  start: (parents) => Math.min(0.5, 1.5 / parents),
  required: 1,
};
// At density 1 mergekit skips the draw, and every later DARE mask of the merge shifts.
const density: ParameterTrait = {
  scope: 'model',
  min: 0.001,
  max: 0.999,
  defaultRange: { min: 0.1, max: 0.999 },
  // Half of the first samples are clipped to the bound: densities hardly cost the search until it needs them.
  start: () => 0.999,
};
const lambda: ParameterTrait = { scope: 'method', min: 0, max: 4 };
const taskVectorSwitches = ['normalize', 'rescale', 'int8_mask'] as const;

export const mergeMethods: readonly MergeMethod[] = [
  {
    name: 'dare_ties',
    needsBase: true,
    parameters: { weight, density, lambda },
    switches: taskVectorSwitches,
    isRandom: true,
    reference: 'https://arxiv.org/abs/2311.03099',
  },
  {
    name: 'dare_linear',
    needsBase: true,
    parameters: { weight, density, lambda },
    switches: taskVectorSwitches,
    isRandom: true,
    reference: 'https://arxiv.org/abs/2311.03099',
  },
  {
    name: 'ties',
    needsBase: true,
    parameters: { weight, density: { ...density, max: 1 }, lambda },
    switches: taskVectorSwitches,
    isRandom: false,
    reference: 'https://arxiv.org/abs/2306.01708',
  },
  {
    name: 'task_arithmetic',
    needsBase: true,
    parameters: { weight, lambda },
    switches: taskVectorSwitches,
    isRandom: false,
    reference: 'https://arxiv.org/abs/2212.04089',
  },
  {
    name: 'linear',
    needsBase: false,
    parameters: { weight: { ...weight, min: 0 } },
    switches: ['normalize'],
    isRandom: false,
    reference: 'https://arxiv.org/abs/2203.05482',
  },
];

export function findMergeMethod(name: string): MergeMethod | undefined {
  return mergeMethods.find((method) => method.name === name);
}

/** Bounds of a search, inclusive. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export function isRange(setting: number | Range): setting is Range {
  return typeof setting !== 'number';
}

/**
 * What a parameter is set to: a fixed number or the range that is searched, as asked for or else by
 * the method's default, clamped to what the method takes with a defined effect; undefined where it is
 * left to mergekit.
 */
export function settle(
  trait: ParameterTrait,
  setting: number | Range | undefined,
): number | Range | undefined {
  const wanted = setting ?? trait.defaultRange ?? trait.required;
  if (wanted === undefined) return undefined;
  if (!isRange(wanted)) return clamp(trait, wanted);
  const range = { min: clamp(trait, wanted.min), max: clamp(trait, wanted.max) };
  return range.min < range.max ? range : range.min;
}

function clamp(trait: ParameterTrait, value: number): number {
  return Math.min(trait.max, Math.max(trait.min, value));
}
