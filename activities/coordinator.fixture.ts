/** A coordinator on a ledger in a temporary folder, and what nodes would send it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureClass } from '../src/errors.js';
import type { Split } from '../src/evaluation/plan.js';
import { type Ledger, openLedger } from '../src/store/ledger.js';
import type { RunTrialInput, RunTrialResult, TellAskReply, TrialOutcome } from './contracts.js';
import { createCoordinatorActivities } from './coordinator.js';
import type { CoordinatorActivities } from './contracts.js';

export interface SweepFixtureOptions {
  readonly maxTrials?: number;
  readonly hasConfirm?: boolean;
  readonly keepModels?: number;
  readonly weight?: string;
  /** Further entries of `optimizer`, e.g. `finalists: 1`. */
  readonly optimizer?: string;
  /** Entries of `budget`, e.g. `gpu_hours: 1`. */
  readonly budget?: string;
}

export function sweepText({
  maxTrials = 6,
  hasConfirm = true,
  keepModels = 0,
  weight = '{min: 0.2, max: 0.8}',
  optimizer = '',
  budget = '',
}: SweepFixtureOptions = {}): string {
  return `version: 1
name: demo
genome:
  merge_method: dare_ties
  base_model: ./base
  models: [./spec-a, ./spec-b]
  parameters:
    weight: ${weight}
    density: {min: 0.3, max: 0.9}
  dtype: float32
optimizer: {max_trials: ${maxTrials}, seed: 7, population_size: 4${optimizer === '' ? '' : `, ${optimizer}`}}
tasks:
  search:
    - {name: shift, metric: "exact_match,none", for: spec-a}
    - {name: rev, metric: "exact_match,none", for: spec-b}
${hasConfirm ? '  confirm:\n    - {name: held, metric: "exact_match,none"}\n' : ''}storage: {keep_models: ${keepModels}}
${budget === '' ? '' : `budget: {${budget}}\n`}`;
}

export class CoordinatorFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'coordinator-'));
  readonly warnings: string[] = [];
  ledger!: Ledger;
  activities!: CoordinatorActivities;
  specText: string;
  nextRequest = 1;
  now = new Date('2026-01-01T00:00:00Z');

  constructor(options: SweepFixtureOptions = {}) {
    this.specText = sweepText(options);
    this.start();
  }

  /** As a new process would: nothing is left but the folder. */
  restart(): void {
    this.ledger.close();
    this.start();
  }

  start(): void {
    this.ledger = openLedger(this.folder, { mode: 'write' });
    this.activities = createCoordinatorActivities({
      ledger: this.ledger,
      resultsDir: this.folder,
      clock: { now: () => this.now },
      warn: (message) => this.warnings.push(message),
    });
  }

  get names() {
    return { ledgerId: this.ledger.ledgerId, sweep: 'demo' };
  }

  async open(isReconciling = false, specPath = '/sweeps/demo.yaml') {
    const { specText } = this;
    const reply = await this.activities.openSweep({
      ...this.names,
      specText,
      specPath,
      ...(isReconciling && { isReconciling }),
    });
    this.nextRequest = reply.nextRequestId;
    return reply;
  }

  async tellAsk(outcomes: readonly TrialOutcome[], want: number): Promise<TellAskReply> {
    const requestId = this.nextRequest++;
    return this.activities.tellAsk({ ...this.names, requestId, outcomes, want });
  }

  /** The baselines done; returns the first reply with search trials. */
  async pastBaselines(want: number): Promise<TellAskReply> {
    const { trials } = await this.tellAsk([], 5);
    return this.tellAsk(
      trials.map((trial) => complete(trial)),
      want,
    );
  }

  /** Hands out everything one by one, each trial ended by `end`, until the sweep gives no more. */
  async runToEnd(
    end: (trial: RunTrialInput) => TrialOutcome = (trial) => complete(trial),
  ): Promise<TellAskReply> {
    let reply = await this.tellAsk([], 1);
    for (let turn = 0; turn < 200 && reply.trials.length > 0; turn++) {
      reply = await this.tellAsk(reply.trials.map(end), 1);
    }
    return reply;
  }

  dispose(): void {
    this.ledger.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A smooth landscape without an optimum at the centre, so that the optimizer has what to do. */
export function defaultScore(trial: RunTrialInput): number {
  if (trial.subject.kind === 'model') return 0.1;
  const { models } = trial.subject.recipe;
  const distance = models.reduce(
    (sum, { parameters }, index) =>
      sum +
      ((parameters['weight'] ?? 1) - 0.3 - 0.2 * index) ** 2 +
      ((parameters['density'] ?? 1) - 0.8) ** 2,
    0,
  );
  return Math.exp(-distance);
}

export function complete(
  trial: RunTrialInput,
  score: number = defaultScore(trial),
  result: Partial<RunTrialResult> & { split?: Split; isOnDisk?: boolean } = {},
): TrialOutcome {
  const isMerge = trial.subject.kind === 'merge';
  const { split = trial.evaluation.split, isOnDisk = isMerge, ...rest } = result;
  return {
    trial: trial.trial,
    status: 'complete',
    result: {
      report: {
        split,
        scores: trial.evaluation.tasks.map(({ name, metric }) => ({
          task: name,
          metric,
          value: score,
          stderr: 0.01,
          documents: 10,
          higherIsBetter: true,
        })),
        documents: [],
        taskHashes: {},
        taskVersions: {},
      },
      ...(isOnDisk && {
        checkpoint: { files: { 'model.safetensors': 'ab' }, sha256: 'cd', bytes: 1 },
      }),
      node: 'node-1',
      attempt: 1,
      seconds: { merge: 1, evaluate: 2 },
      deviceClass: 'cpu',
      versions: { mergekit: '0.1.5' },
      workDir: `/work/${trial.workKey}`,
      ...rest,
    },
  };
}

export function failed(
  { trial }: RunTrialInput,
  failureClass: FailureClass,
  node = 'node-1',
): TrialOutcome {
  return {
    trial,
    status: 'failed',
    failure: {
      ...{ class: failureClass, reason: `it was ${failureClass}` },
      ...{ stage: 'merge', attempt: 1, node },
    },
  };
}

export function cancelled({ trial }: RunTrialInput): TrialOutcome {
  return { trial, status: 'cancelled', reason: 'stopped by the user' };
}
