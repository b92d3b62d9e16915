import { describe } from 'vitest';
import { expectDiagnostics } from './sweep-text.fixture.js';

describe('arguments passed through', () => {
  expectDiagnostics([
    [
      'what mergesweep sets',
      'version: 1',
      'version: 1\nevaluation: { model_args: { pretrained: x } }',
      [
        'mix:2:29 error E051 `pretrained` is refused under evaluation.model_args: mergesweep sets it for every trial',
      ],
    ],
    [
      'a comma',
      'version: 1',
      "version: 1\nevaluation: { model_args: { dtype: 'a,b' } }",
      ['mix:2:36 error E052 evaluation.model_args.dtype holds `,`: lm-eval cuts model_args there'],
    ],
    [
      'a value like an option',
      'version: 1',
      'version: 1\nevaluation: { device: --x }',
      ['mix:2:23 error E052 evaluation.device starts with `-`: it would be read as another option'],
    ],
    [
      'a shared cache',
      'version: 1',
      'version: 1\nevaluation: { args: { use_cache: x } }',
      [
        "mix:2:23 error E051 `use_cache` is refused under evaluation.args: its key is the request without the model: a later trial would get an earlier one's answers",
      ],
    ],
    [
      'downloaded code',
      'version: 1',
      'version: 1\nmerge: { args: { trust-remote-code: true } }',
      [
        'mix:2:18 error E051 `trust-remote-code` is refused under merge.args: it lets downloaded code run; mergesweep never does',
      ],
    ],
    [
      'a key that is no argument',
      'version: 1',
      "version: 1\nmerge: { args: { '--x y': 1 } }",
      ['mix:2:18 error E050 `--x y` under merge.args is not the name of an argument'],
    ],
    [
      'a misspelt argument',
      'version: 1',
      'version: 1\nevaluation: { args: { apply_chat_templat: true } }',
      [
        'mix:2:23 warning W106 lm-eval has no argument `apply_chat_templat` that mergesweep knows; did you mean `apply_chat_template`?',
      ],
    ],
  ]);
});
