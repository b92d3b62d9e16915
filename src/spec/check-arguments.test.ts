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
      'the beginning of an option, which lm_eval takes for the option',
      'version: 1',
      'version: 1\nevaluation: { args: { confirm_run: true } }',
      ['mix:2:23 error E053 lm-eval has no argument `confirm_run` that mergesweep knows'],
    ],
    [
      'a class to import',
      'version: 1',
      'version: 1\nevaluation: { model_args: { worker_cls: evil.Worker } }',
      [
        'mix:2:29 error E051 `worker_cls` is refused under evaluation.model_args: it lets downloaded code run; mergesweep never does',
      ],
    ],
    [
      'other weights than those that were checked',
      'version: 1',
      'version: 1\nevaluation: { model_args: { subfolder: evil } }',
      [
        'mix:2:29 error E051 `subfolder` is refused under evaluation.model_args: it loads other weights than those that were checked',
      ],
    ],
    [
      'code behind the generation',
      'version: 1',
      'version: 1\nevaluation: { args: { gen_kwargs: custom_generate=org/x } }',
      [
        'mix:2:35 error E051 evaluation.args.gen_kwargs is refused: custom_generate: it lets downloaded code run; mergesweep never does',
      ],
    ],
    [
      'a kernel of the Hub',
      'version: 1',
      'version: 1\nevaluation: { model_args: { attn_implementation: org/kernel } }',
      [
        'mix:2:50 error E051 evaluation.model_args.attn_implementation is refused: a kernel of the Hub: it lets downloaded code run; mergesweep never does',
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
        'mix:2:23 error E053 lm-eval has no argument `apply_chat_templat` that mergesweep knows; did you mean `apply_chat_template`?',
      ],
    ],
    [
      'more arguments than there are',
      'version: 1',
      `version: 1\nmerge: { args: { ${Array.from({ length: 101 }, (_, index) => `a${index}: 1`).join(', ')} } }`,
      ['mix:2:16 error E015 merge.args has 101 entries; expected at most 100'],
    ],
  ]);
});
