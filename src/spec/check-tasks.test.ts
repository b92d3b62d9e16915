import { describe } from 'vitest';
import { expectDiagnostics } from './sweep-text.fixture.js';

describe('eval tasks', () => {
  expectDiagnostics([
    [
      'a task twice in a split',
      'task_b',
      'task_a',
      ['mix:15:15 error E040 eval task `task_a` stands twice under tasks.search'],
    ],
    [
      'a task that lm_eval would open as a file',
      'name: task_a',
      'name: task_a.yaml',
      ['mix:14:15 error E043 eval task `task_a.yaml` is a file; expected the name of a task'],
    ],
    [
      'a bare metric',
      "name: task_a, metric: 'acc,none'",
      'name: task_a, metric: acc',
      [
        "mix:14:31 error E041 metric is `acc`; lm-eval's key has the form `metric,filter`, e.g. `acc,none`",
      ],
    ],
    [
      'a guard of no parent',
      'for: beta',
      'for: bta',
      ['mix:15:48 error E042 no parent is labelled `bta`; did you mean `beta`?'],
    ],
    [
      "a benchmark's test split",
      'task_a',
      'gsm8k',
      [
        'mix:14:15 warning W101 tuning on the test split of `gsm8k`: its score will no longer judge the merge',
      ],
    ],
    [
      'a margin among accuracies',
      "name: task_a, metric: 'acc,none'",
      "name: task_a, metric: 'margin,none'",
      [
        'mix:14:31 warning W107 margin is a difference of log-likelihoods, often above 1: beside other metrics it decides the mean',
      ],
    ],
    [
      'a margin with a weight of its own',
      "name: task_a, metric: 'acc,none'",
      "name: task_a, metric: 'margin,none', weight: 0.1",
      [],
    ],
    [
      'a parent without a task',
      ', for: beta',
      '',
      [
        "mix:7:7 warning W102 no search task is `for: beta`: nothing shows whether that parent's skill survives",
      ],
    ],
    [
      'no confirm tasks',
      "  confirm:\n    - { name: task_c, metric: 'acc,none' }\n",
      '',
      [
        'mix:12:1 warning W103 no tasks.confirm: the best score is that of the documents it was tuned on',
      ],
    ],
    [
      'a confirm task that is searched on',
      'task_c',
      'task_a',
      [
        'mix:17:15 warning W104 `task_a` stands under search and confirm: its confirm score is tuned on, not held out',
      ],
    ],
  ]);
});
