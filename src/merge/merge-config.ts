import { stringify } from 'yaml';
import { StageFailedError } from '../errors.js';
import type { MergeRecipe } from './recipe.js';

/**
 * The YAML that `mergekit-yaml` takes, models in the recipe's order. Values are written as they are:
 * ranges and the density limit are the search space's business.
 * @throws StageFailedError `invalid_merge` where a number isn't finite: mergekit would merge NaN and exit 0.
 */
export function renderMergekitConfig(recipe: MergeRecipe): string {
  const config: Record<string, unknown> = {
    merge_method: recipe.method,
    base_model: recipe.baseModel,
    models: recipe.models.map((model) => ({
      model: model.model,
      ...parametersOf(model.parameters, `models.${model.label}`),
    })),
    ...parametersOf(recipe.parameters, 'parameters'),
    dtype: recipe.dtype,
  };
  if (recipe.outDtype !== undefined) config['out_dtype'] = recipe.outDtype;
  if (recipe.tokenizerSource !== undefined) config['tokenizer_source'] = recipe.tokenizerSource;
  if (recipe.chatTemplate !== undefined) config['chat_template'] = recipe.chatTemplate;
  // Version 1.1 because PyYAML reads that; lineWidth 0 so that no path is folded.
  const text = stringify(config, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  // PyYAML reads 1e-7 as a string: it wants a dot before the exponent.
  return text.replace(/(: -?\d+)(e[+-]\d+)$/gm, '$1.0$2');
}

function parametersOf(
  parameters: Readonly<Record<string, number | boolean>>,
  where: string,
): { parameters?: Record<string, number | boolean> } {
  const entries = Object.entries(parameters);
  for (const [name, value] of entries) {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new StageFailedError(
        'invalid_merge',
        `Expected a finite number for ${where}.${name}, got ${value}.`,
      );
    }
  }
  return entries.length === 0 ? {} : { parameters: Object.fromEntries(entries) };
}
