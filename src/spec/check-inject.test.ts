import { describe, expect, it } from 'vitest';
import { diagnose, edit, sweepText } from './sweep-text.fixture.js';

const having = (inject: string, more = '') =>
  diagnose(edit(sweepText, 'version: 1', `version: 1\noptimizer: {inject: ${inject}${more}}`));
const good = '{weight.alpha: 0.2, weight.beta: 0.8, density.alpha: 0.5, density.beta: 0.5}';

describe('optimizer.inject', () => {
  it('takes merges that have every searched number within its range, bounds included', () => {
    expect(having(`[${good}, ${good}]`)).toEqual([]);
  });

  it('says what is searched where a name is unknown', () => {
    expect(having(`[${edit(good, 'weight.beta', 'weight.betta')}]`)).toEqual([
      'mix:2:22 error E033 optimizer.inject[0] lacks weight.beta (0.2 to 0.8): a merge to try first has every searched number',
      expect.stringMatching(
        /error E033 `weight\.betta` is not a number that this sweep searches; did you mean `weight\.beta`\?/,
      ),
    ]);
  });

  it('says the range where a number lies outside', () => {
    expect(having(`[${good}, ${edit(good, '0.8', '0.81')}]`)).toEqual([
      expect.stringMatching(
        /error E034 optimizer\.inject\[1\]\.weight\.beta is 0\.81; it is searched from 0\.2 to 0\.8$/,
      ),
    ]);
  });

  it('says so where a number is fixed, by the file or by what the method takes', () => {
    const fixed = edit(sweepText, 'density: { min: 0.3, max: 0.9 }', 'density: 0.5');
    const text = edit(fixed, 'version: 1', `version: 1\noptimizer: {inject: [${good}]}`);
    expect(diagnose(text)).toEqual(
      ['alpha', 'beta'].map((label): unknown =>
        expect.stringContaining(`E033 \`density.${label}\` is fixed to 0.5, not searched`),
      ),
    );
  });

  it('knows numbers of the whole merge, and ranges of one parent', () => {
    const text = edit(
      edit(sweepText, 'density: { min: 0.3, max: 0.9 }', 'lambda: { min: 0.5, max: 2 }'),
      'name: beta',
      'name: beta\n      parameters: { weight: { min: 0, max: 2 } }',
    );
    const inject = (values: string) =>
      diagnose(edit(text, 'version: 1', `version: 1\noptimizer: {inject: [{${values}}]}`));
    const densities = 'density.alpha: 0.5, density.beta: 0.5';
    expect(inject(`weight.alpha: 0.3, weight.beta: 1.9, lambda: 1, ${densities}`)).toEqual([]);
    expect(inject(`weight.alpha: 0.3, weight.beta: 2.1, lambda: 3, ${densities}`)).toHaveLength(2);
  });

  it('is not longer than the budget', () => {
    expect(having(`[${good}, ${good}]`, ', max_trials: 1')).toEqual([
      expect.stringContaining('optimizer.inject lists 2 merges, more than max_trials: 1'),
    ]);
  });

  it('is left alone where the ranges themselves are broken', () => {
    const text = edit(sweepText, '{ min: 0.2, max: 0.8 }', '{ min: 0.2 }');
    const found = diagnose(edit(text, 'version: 1', `version: 1\noptimizer: {inject: [{}]}`));
    expect(found.join('\n')).not.toMatch(/E03[34]/);
  });
});
