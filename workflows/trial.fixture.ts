/** Made-up trials for tests of the order of a sweep. */
import type {
  ReleaseOrder,
  RunTrialInput,
  RunTrialResult,
  TrialId,
  TrialOutcome,
} from '../activities/contracts.js';

export function makeRun(trial: TrialId, overrides: Partial<RunTrialInput> = {}): RunTrialInput {
  return {
    ledgerId: 'ledger',
    sweep: 'demo',
    trial,
    kind: 'search',
    subject: { kind: 'model', label: 'base', model: '/models/base' },
    mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
    evaluation: {
      split: 'search',
      tasks: [],
      model: 'hf',
      modelArgs: {},
      batchSize: 1,
      args: {},
    },
    limits: { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 1 },
    maxAttempts: 3,
    workKey: `key-${trial}`,
    ...overrides,
  };
}

export function makeResult(trial: TrialId): RunTrialResult {
  return {
    report: { split: 'search', scores: [], documents: [], taskHashes: {}, taskVersions: {} },
    node: 'node-1',
    attempt: 1,
    seconds: { merge: 1, evaluate: 1 },
    deviceClass: 'cpu',
    versions: {},
    workDir: `/work/key-${trial}`,
  };
}

export const makeComplete = (trial: TrialId): TrialOutcome => ({
  trial,
  status: 'complete',
  result: makeResult(trial),
});

export const makeFailed = (trial: TrialId): TrialOutcome => ({
  trial,
  status: 'failed',
  failure: { class: 'crash', reason: 'it crashed', stage: 'merge', attempt: 3 },
});

export const makeRelease = (trial: TrialId): ReleaseOrder => ({
  trial,
  node: 'node-1',
  workKey: `key-${trial}`,
  keep: false,
});
