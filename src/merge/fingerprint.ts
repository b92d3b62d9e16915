import { hashJson } from '../spec/canonical-json.js';
import type { MergeRecipe } from './recipe.js';

/** Equal for equal merges, the seed included; 64 hex digits. Labels are names and don't count. */
export function fingerprintRecipe(recipe: MergeRecipe): string {
  return hashJson({
    ...recipe,
    models: recipe.models.map(({ model, parameters }) => ({ model, parameters })),
  });
}
