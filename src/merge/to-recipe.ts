import { MergesweepError } from '../errors.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { Params } from '../space/search-space.js';
import { methodOf, resolveParameters } from '../space/parameters.js';
import { isRange } from './methods.js';
import type { MergeRecipe } from './recipe.js';

/**
 * The merge of one point: `params` hold the searched values by dimension name, the sweep holds the
 * rest. Parents stand in the sweep's order.
 *
 * @throws MergesweepError `configuration` when `params` lack a searched value
 */
export function toRecipe(spec: SweepSpec, params: Params): MergeRecipe {
  const values = resolveParameters(spec).map(({ setting, ...name }) => {
    const value = isRange(setting) ? params[name.name] : setting;
    if (value === undefined) {
      throw new MergesweepError(
        'configuration',
        `sweep ${spec.name}: no value for the searched parameter ${name.name}`,
      );
    }
    return { ...name, value };
  });
  const methodWide = values.filter(({ parent }) => parent === undefined);
  return {
    ...frame(spec),
    method: methodOf(spec).name,
    models: spec.parents.map(({ label, model }) => ({
      label,
      model,
      parameters: toRecord(values.filter(({ parent }) => parent === label)),
    })),
    parameters: { ...switches(spec), ...toRecord(methodWide) },
  };
}

export interface UniformMerge {
  readonly recipe: MergeRecipe;
  /** Set only where the merge is a point of the search box: only then may the optimizer hear of it. */
  readonly params?: Params;
}

/**
 * The merge that people make without a search: the sweep's own method and seed, weight 1/n,
 * everything that is searched at the middle of its range.
 */
export function uniformRecipe(spec: SweepSpec): UniformMerge {
  const weight = 1 / spec.parents.length;
  const params: Record<string, number> = {};
  let isInBox = true;
  for (const { name, parameter, setting } of resolveParameters(spec)) {
    if (parameter === 'weight') {
      params[name] = weight;
      isInBox &&= isRange(setting)
        ? setting.min <= weight && weight <= setting.max
        : setting === weight;
    } else if (isRange(setting)) {
      params[name] = (setting.min + setting.max) / 2;
    }
  }
  const atCentre = toRecipe(spec, params);
  const recipe: MergeRecipe = {
    ...atCentre,
    models: atCentre.models.map((model) => ({
      ...model,
      // A weight that the sweep fixes elsewhere is still 1/n here.
      parameters: 'weight' in model.parameters ? { ...model.parameters, weight } : model.parameters,
    })),
  };
  return isInBox ? { recipe, params } : { recipe };
}

/** TIES as mergekit makes it when told nothing but the models: weight 1 each, all else its default. */
export function defaultTiesRecipe(spec: SweepSpec): MergeRecipe {
  return {
    ...frame(spec),
    method: 'ties',
    models: spec.parents.map(({ label, model }) => ({ label, model, parameters: { weight: 1 } })),
    parameters: {},
  };
}

/** What all merges of a sweep share. */
function frame(spec: SweepSpec): Omit<MergeRecipe, 'method' | 'models' | 'parameters'> {
  const { dtype, out_dtype, tokenizer_source, chat_template } = spec.file.genome;
  return {
    baseModel: spec.base.model,
    dtype,
    ...(out_dtype !== undefined && { outDtype: out_dtype }),
    ...(tokenizer_source !== undefined && { tokenizerSource: tokenizer_source }),
    ...(chat_template !== undefined && { chatTemplate: chat_template }),
    seed: spec.mergeSeed,
  };
}

function switches(spec: SweepSpec): Record<string, boolean> {
  const { normalize, rescale, int8_mask } = spec.file.genome;
  return {
    ...(normalize !== undefined && { normalize }),
    ...(rescale !== undefined && { rescale }),
    ...(int8_mask !== undefined && { int8_mask }),
  };
}

function toRecord(
  values: readonly { readonly parameter: string; readonly value: number }[],
): Record<string, number> {
  return Object.fromEntries(values.map(({ parameter, value }) => [parameter, value]));
}
