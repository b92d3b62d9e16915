import { describe, expect, it } from 'vitest';
import { createSearchSpace } from '../space/search-space.js';
import { specFixture } from '../space/sweep-spec.fixture.js';
import { defaultTiesRecipe, toRecipe, uniformRecipe } from './to-recipe.js';

const point = { 'weight.a': 0.3, 'weight.b': 0.7, 'density.a': 0.4, 'density.b': 0.8 };

describe('toRecipe', () => {
  it('sets what is searched and what is fixed, in the order of the file', () => {
    const spec = specFixture({ parameters: '{lambda: 1.5}', genome: 'normalize: true' });
    expect(toRecipe(spec, point)).toEqual({
      method: 'dare_ties',
      baseModel: '/sweeps/base',
      models: [
        { label: 'a', model: '/sweeps/a', parameters: { weight: 0.3, density: 0.4 } },
        { label: 'b', model: '/sweeps/b', parameters: { weight: 0.7, density: 0.8 } },
      ],
      parameters: { normalize: true, lambda: 1.5 },
      dtype: 'bfloat16',
      seed: 11,
    });
  });

  it('passes on what the merge needs besides numbers', () => {
    const spec = specFixture({
      genome:
        'out_dtype: float16\n  tokenizer_source: base\n  chat_template: auto\n  int8_mask: true',
    });
    expect(toRecipe(spec, point)).toMatchObject({
      outDtype: 'float16',
      tokenizerSource: 'base',
      chatTemplate: 'auto',
      parameters: { int8_mask: true },
    });
  });

  it('says which value a point lacks', () => {
    const { 'weight.b': _, ...lacking } = point;
    expect(() => toRecipe(specFixture(), lacking)).toThrow(
      'no value for the searched parameter weight.b',
    );
  });
});

describe('uniformRecipe', () => {
  it('merges with weight 1/n at the middle of the ranges, by the method and seed of the sweep', () => {
    const spec = specFixture();
    const { recipe, params } = uniformRecipe(spec);
    expect(recipe.models.map(({ parameters }) => parameters)).toEqual([
      { weight: 0.5, density: (0.1 + 0.999) / 2 },
      { weight: 0.5, density: (0.1 + 0.999) / 2 },
    ]);
    expect([recipe.method, recipe.seed]).toEqual(['dare_ties', 11]);
    expect(createSearchSpace(spec).toVector(params!)).toBeDefined();
    expect(toRecipe(spec, params!)).toEqual(recipe);
  });

  it('is no point of a box that leaves 1/n out, by range or by number', () => {
    for (const ofFirst of ['{weight: {min: 0.6, max: 0.8}}', '{weight: 1}']) {
      const { recipe, params } = uniformRecipe(specFixture({ ofFirst }));
      expect(params).toBeUndefined();
      expect(recipe.models.map(({ parameters }) => parameters['weight'])).toEqual([0.5, 0.5]);
    }
  });

  it('is a point of a box with its weights fixed to 1/n', () => {
    const { params } = uniformRecipe(specFixture({ parameters: '{weight: 0.5}' }));
    expect(params).toBeDefined();
  });
});

describe('defaultTiesRecipe', () => {
  it("leaves all but the weights to mergekit, also the sweep's own switches", () => {
    const spec = specFixture({ genome: 'normalize: false', parameters: '{lambda: 2}' });
    expect(defaultTiesRecipe(spec)).toEqual({
      method: 'ties',
      baseModel: '/sweeps/base',
      models: [
        { label: 'a', model: '/sweeps/a', parameters: { weight: 1 } },
        { label: 'b', model: '/sweeps/b', parameters: { weight: 1 } },
      ],
      parameters: {},
      dtype: 'bfloat16',
      seed: 11,
    });
  });
});
