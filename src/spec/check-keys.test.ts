import { describe, expect, it } from 'vitest';
import { diagnose, expectDiagnostics, sweepText } from './sweep-text.fixture.js';

describe('what the schema refuses', () => {
  expectDiagnostics([
    [
      'a misspelt section once, and what is wrong in it at its own place',
      'parameters:\n    weight: { min: 0.2, max: 0.8 }',
      'paramters:\n    weight: { min: 0.2, max: 30 }',
      [
        'mix:9:3 error E012 unknown key `paramters` under genome; did you mean `parameters`?',
        'mix:10:30 error E031 genome.parameters.weight.max is 30; weight of dare_ties takes -2 to 2',
      ],
    ],
    [
      'a missing key',
      '  base_model: ../models/base\n',
      '',
      ['mix:2:1 error E011 missing key `base_model` under genome'],
    ],
    ['a missing section', 'version: 1\n', '', ['mix:1:1 error E011 missing key `version`']],
    [
      'a misspelt key once, not also as a missing one',
      'merge_method',
      'merge_metod',
      ['mix:3:3 error E012 unknown key `merge_metod` under genome; did you mean `merge_method`?'],
    ],
    [
      'an unknown key without a likely meaning',
      'merge_method',
      'zzz: 1\n  merge_method',
      ['mix:3:3 error E012 unknown key `zzz` under genome'],
    ],
    [
      "another tool's word for a key",
      'version: 1',
      'version: 1\noptimizer: { popsize: 4 }',
      [
        'mix:2:14 error E012 unknown key `popsize` under optimizer; did you mean `population_size`?',
      ],
    ],
    [
      'a misspelt key of a range',
      'min: 0.2',
      'mim: 0.2',
      [
        'mix:10:15 error E012 unknown key `mim` under genome.parameters.weight; did you mean `min`?',
      ],
    ],
    [
      'a wrong type',
      'version: 1',
      'version: 1\noptimizer: { max_trials: many }',
      ['mix:2:26 error E013 optimizer.max_trials is `many`; expected a number'],
    ],
    [
      'a fraction where an integer is due',
      'version: 1',
      'version: 1\noptimizer: { max_trials: 1.5 }',
      ['mix:2:26 error E013 optimizer.max_trials is 1.5; expected an integer'],
    ],
    [
      'text where a number or range is due',
      'weight: { min: 0.2, max: 0.8 }',
      'weight: high',
      ['mix:10:13 error E013 genome.parameters.weight is `high`; expected a number or a mapping'],
    ],
    [
      'an empty section',
      'version: 1',
      'version: 1\nmerge:',
      ['mix:2:7 error E013 merge is empty; expected a mapping'],
    ],
    [
      'a batch size that is no integer',
      'version: 1',
      'version: 1\nevaluation: { batch_size: auto }',
      ['mix:2:27 error E013 evaluation.batch_size is `auto`; expected a number'],
    ],
    [
      'another version',
      'version: 1',
      'version: 2',
      ['mix:1:10 error E014 version is 2; expected `1`'],
    ],
    [
      'a misspelt choice',
      'version: 1',
      'version: 1\nevaluation: { model: vlm }',
      ['mix:2:22 error E014 evaluation.model is `vlm`; did you mean `vllm`?'],
    ],
    [
      'a choice that resembles none',
      'dare_ties\n',
      'dare_ties\n  dtype: int4\n',
      ['mix:4:10 error E014 genome.dtype is `int4`; expected `float32`, `bfloat16`, `float16`'],
    ],
    [
      'a number out of bounds',
      'version: 1',
      'version: 1\noptimizer: { sigma0: 0 }',
      ['mix:2:22 error E015 optimizer.sigma0 is 0; expected more than 0'],
    ],
    [
      'too few parents',
      '    - ../models/alpha\n',
      '',
      [
        'mix:6:5 error E015 genome.models has 1 entry; expected at least 2',
        'mix:13:48 error E042 no parent is labelled `alpha`',
      ],
    ],
    [
      'a name that no folder could have',
      'name: beta',
      'name: ../beta',
      [
        "mix:7:7 warning W102 no search task is `for: ../beta`: nothing shows whether that parent's skill survives",
        'mix:8:13 error E016 genome.models[1].name is `../beta`; a name starts with a letter or digit, then letters, digits, `_`, `.`, `-`, 96 at most',
        'mix:15:48 error E042 no parent is labelled `beta`',
      ],
    ],
  ]);
});

it('lists fifty unknown keys of a mapping and counts the others', () => {
  const text = sweepText + Array.from({ length: 60 }, (_, index) => `zzzz${index}: 1\n`).join('');
  const lines = diagnose(text);
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toMatch(/error E012 unknown key `zzzz50`, and 9 more$/);
});
