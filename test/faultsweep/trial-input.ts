import type { RunTrialInput } from '../../activities/contracts.js';

/** A merge and its evaluation that fake tools can do; its bytes hang on `seed`. */
export function trialInput(seed: number, workKey: string): RunTrialInput {
  return {
    ledgerId: 'l',
    sweep: 'demo',
    trial: String(seed),
    kind: 'search',
    subject: {
      kind: 'merge',
      recipe: {
        method: 'dare_ties',
        baseModel: 'org/base',
        models: [{ label: 'a', model: 'org/a', parameters: { weight: 0.5, density: 0.5 } }],
        parameters: {},
        dtype: 'float32',
        seed,
      },
    },
    mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
    evaluation: {
      split: 'search',
      tasks: [{ name: 'shift', metric: 'exact_match,none', direction: 'maximize', weight: 1 }],
      model: 'hf',
      modelArgs: {},
      batchSize: 8,
      args: {},
    },
    limits: { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 1 },
    maxAttempts: 3,
    workKey,
  };
}
