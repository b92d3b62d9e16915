import { describe } from 'vitest';
import { expectDiagnostics } from './sweep-text.fixture.js';

describe('what the genome may not say', () => {
  expectDiagnostics([
    [
      'an unknown method',
      'dare_ties',
      'dare_tie',
      ['mix:3:17 error E020 unknown merge method `dare_tie`; did you mean `dare_ties`?'],
    ],
    [
      'a misspelt parameter',
      'density:',
      'densty:',
      ['mix:11:5 error E021 dare_ties has no parameter `densty`; did you mean `density`?'],
    ],
    [
      'more parameters than any method has: thousands would each be compared',
      '    density: { min: 0.3, max: 0.9 }',
      Array.from({ length: 100 }, (_, index) => `    weigh${index}: 1`).join('\n'),
      ['mix:9:3 error E015 genome.parameters has 101 entries; expected at most 100'],
    ],
    [
      'the same under a parent',
      'name: beta',
      `name: beta\n      parameters:\n${Array.from({ length: 101 }, (_, index) => `        weigh${index}: 1`).join('\n')}`,
      ['mix:9:7 error E015 genome.models[1].parameters has 101 entries; expected at most 100'],
    ],
    [
      'a switch among the parameters',
      '    density: { min: 0.3, max: 0.9 }',
      '    normalize: 1',
      ['mix:11:5 error E021 dare_ties has no parameter `normalize`'],
    ],
    [
      'a parameter of the merge under a parent',
      'name: beta',
      'name: beta\n      parameters: { lambda: 1 }',
      [
        'mix:9:21 error E021 parameter `lambda` of dare_ties is one for the whole merge, not for one parent',
      ],
    ],
    [
      'a switch that the method lacks',
      'dare_ties',
      'linear\n  rescale: true',
      [
        'mix:4:3 error E022 linear has no switch `rescale`',
        'mix:12:5 error E021 linear has no parameter `density`',
      ],
    ],
    [
      'a bare word as model',
      '- ../models/alpha',
      '- alpha',
      ['mix:6:7 error E023 `alpha` is neither a local path nor a Hub id'],
    ],
    [
      'a path over two lines',
      'base_model: ../models/base',
      'base_model: "../models/ba\\nse"',
      ['mix:4:15 error E023 path "/models/ba\\nse" holds a line break or a tab'],
    ],
    [
      'a path that mergekit would cut up',
      '- ../models/alpha',
      '- ../models/alpha@1',
      ['mix:6:7 error E023 path `/models/alpha@1` holds `@`, which mergekit reads as syntax'],
    ],
    [
      'a parent twice',
      'model: org/beta\n      name: beta',
      'model: ../models/alpha',
      [
        'mix:7:14 error E024 parent `../models/alpha` stands twice under genome.models',
        'mix:14:48 error E042 no parent is labelled `beta`',
      ],
    ],
    [
      'two parents under one label',
      'name: beta',
      'name: alpha',
      [
        'mix:8:13 error E025 two parents are labelled `alpha`',
        'mix:15:48 error E042 no parent is labelled `beta`',
      ],
    ],
    [
      "a baseline's label",
      'name: beta',
      'name: uniform',
      [
        "mix:7:7 warning W102 no search task is `for: uniform`: nothing shows whether that parent's skill survives",
        "mix:8:13 error E025 label `uniform` is a baseline's",
        'mix:15:48 error E042 no parent is labelled `beta`',
      ],
    ],
    [
      'the base as parent',
      'model: org/beta',
      'model: ../models/base',
      ['mix:7:14 error E026 parent `../models/base` is the base model: its task vector is zero'],
    ],
    [
      'a relative tokenizer source',
      'dare_ties',
      'dare_ties\n  tokenizer_source: ./tok',
      [
        'mix:4:21 error E023 genome.tokenizer_source is `./tok`; expected `base`, `union`, a Hub id or an absolute path',
      ],
    ],
    [
      'a range upside down',
      'min: 0.2',
      'min: 0.9',
      ['mix:10:20 error E030 genome.parameters.weight: min 0.9 is above max 0.8'],
    ],
    [
      'a density above 1',
      'max: 0.9',
      'max: 1.4',
      [
        'mix:11:31 error E031 genome.parameters.density.max is 1.4; density is a kept fraction, use 0.001 to 1',
      ],
    ],
    [
      'a density of 1',
      'max: 0.9',
      'max: 1',
      [
        'mix:11:31 warning W105 genome.parameters.density.max is 1; taken as 0.999: at density 1 mergekit draws no mask, which shifts every later one',
      ],
    ],
    [
      'a weight out of bounds',
      'max: 0.8',
      'max: 30',
      [
        'mix:10:30 error E031 genome.parameters.weight.max is 30; weight of dare_ties takes -2 to 2',
      ],
    ],
    [
      'nothing to search',
      '{ min: 0.2, max: 0.8 }\n    density: { min: 0.3, max: 0.9 }',
      '1\n    density: 0.5',
      ['mix:9:3 error E032 every parameter is fixed: there is nothing to search'],
    ],
  ]);
});
