/** A merge as a value: what `mergekit-yaml` is asked to do, independent of where it runs. */

/** One fine-tune in a merge with its own parameters (`weight`, `density`, …). */
export interface RecipeModel {
  /** The parent's label in the sweep, e.g. `spec-rev`. */
  readonly label: string;
  /** Absolute local path, or Hub id (`org/name`, `org/name@commit`). */
  readonly model: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * A whole merge. `models` stand in canonical order (as in the sweep file): DARE draws its masks in
 * that order, so another order is another model.
 */
export interface MergeRecipe {
  /** mergekit's registry name, e.g. `dare_ties`. */
  readonly method: string;
  readonly baseModel: string;
  readonly models: readonly RecipeModel[];
  /** Method-wide parameters (`normalize`, `lambda`, `t`, …); only those that were set. */
  readonly parameters: Readonly<Record<string, number | boolean>>;
  readonly dtype: string;
  readonly outDtype?: string;
  readonly tokenizerSource?: string;
  readonly chatTemplate?: string;
  /** `--random-seed` of mergekit: fixed over the sweep (common random numbers), 0..2^31-1. */
  readonly seed: number;
}
