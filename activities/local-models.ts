import type { RunTrialInput } from './contracts.js';

/**
 * The trial with the folders that its Hub models lie in here, so that no tool fetches another revision
 * of them by itself.
 * @param folders by Hub id
 */
export function withLocalModels(
  input: RunTrialInput,
  folders: Readonly<Record<string, string>>,
): RunTrialInput {
  if (Object.keys(folders).length === 0) return input;
  const { subject, evaluator } = input;
  const local = (model: string): string => folders[model] ?? model;
  return {
    ...input,
    subject:
      subject.kind === 'model'
        ? { ...subject, model: local(subject.model) }
        : { ...subject, recipe: withLocalRecipe(subject.recipe, local) },
    ...(evaluator === undefined
      ? {}
      : {
          evaluator: {
            ...evaluator,
            baseModel: local(evaluator.baseModel),
            models: evaluator.models.map(local),
          },
        }),
  };
}

type Recipe = Extract<RunTrialInput['subject'], { kind: 'merge' }>['recipe'];

function withLocalRecipe(recipe: Recipe, local: (model: string) => string): Recipe {
  const { tokenizerSource } = recipe;
  return {
    ...recipe,
    baseModel: local(recipe.baseModel),
    models: recipe.models.map((model) => ({ ...model, model: local(model.model) })),
    ...(tokenizerSource === undefined ? {} : { tokenizerSource: local(tokenizerSource) }),
  };
}
