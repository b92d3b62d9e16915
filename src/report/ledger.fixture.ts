/** A ledger in memory, and a finished sweep like the demo's to fill it. */
import type { RunTrialInput, TrialSubject } from '../../activities/contracts.js';
import type { DocumentValues } from '../evaluation/eval-report.js';
import type { PlannedTask, Split } from '../evaluation/plan.js';
import type { TrialFailure } from '../errors.js';
import type { Diagnostics } from '../samplers/sampler.js';
import type {
  DocumentRow,
  JournalEntry,
  LedgerReader,
  ScoreRow,
  SweepRow,
  TrialRow,
} from '../store/rows.js';

export interface FakeSweep {
  readonly row: SweepRow;
  readonly trials: readonly TrialRow[];
  readonly scores?: readonly ScoreRow[];
  readonly documents?: readonly DocumentRow[];
  readonly diagnostics?: Diagnostics;
  readonly journal?: readonly JournalEntry[];
  /** By trial; absent: of each failed trial its last. */
  readonly failures?: Readonly<Record<string, TrialFailure[]>>;
}

export function createFakeReader(
  sweeps: readonly FakeSweep[],
): LedgerReader & { isClosed: boolean } {
  const find = (name: string): FakeSweep | undefined => sweeps.find(({ row }) => row.name === name);
  const reader = {
    ledgerId: '00000000-0000-4000-8000-000000000000',
    isClosed: false,
    listSweeps: () => sweeps.map(({ row }) => row),
    getSweep: (name: string) => find(name)?.row,
    listTrials: (name: string) => [...(find(name)?.trials ?? [])],
    getTrial: (name: string, id: string) => find(name)?.trials.find(({ trial }) => trial === id),
    listStandings: (name: string) => find(name)?.trials ?? [],
    listScores: (name: string, id?: string) =>
      (find(name)?.scores ?? []).filter(({ trial }) => id === undefined || trial === id),
    listDocuments: (name: string, id: string) =>
      (find(name)?.documents ?? []).filter(({ trial }) => trial === id),
    getDiagnostics: (name: string) => find(name)?.diagnostics ?? {},
    listFailures: (name: string, id: string) =>
      find(name)?.failures?.[id] ??
      (find(name)?.trials ?? []).flatMap(({ trial, failure }) =>
        trial === id && failure !== undefined ? [failure] : [],
      ),
    countFailures: (name: string) => {
      const counts: Partial<Record<TrialFailure['class'], number>> = {};
      for (const { failure } of find(name)?.trials ?? []) {
        if (failure !== undefined) counts[failure.class] = (counts[failure.class] ?? 0) + 1;
      }
      return counts;
    },
    listSearchEvents: () => [],
    listJournal: (name: string) => [...(find(name)?.journal ?? [])],
    close: () => {
      reader.isClosed = true;
    },
  };
  return reader;
}

/** Reads the documents of this fixture: plain JSON instead of gzip. */
export function unpackPlain(row: DocumentRow): DocumentValues {
  const values = JSON.parse(row.values) as number[];
  const { task, metric, documentsHash } = row;
  return { task, metric, documentsHash, values, documentIds: values.map((_, index) => index) };
}

export function sweepRow(over: Partial<SweepRow> = {}): SweepRow {
  return {
    name: 'demo',
    specText: '',
    specPath: '/home/me/sweeps/demo.yaml',
    specHash: 'abc',
    state: 'finished',
    maxTrials: 3,
    isHeld: false,
    createdAt: '2026-11-24T03:00:00.000Z',
    finishedAt: '2026-11-24T03:09:00.000Z',
    ...over,
  };
}

export const tasks = (split: Split): PlannedTask[] => [
  task(`zoo_shift_${split}`, 'exact_match,none', 'spec-shift'),
  task(`zoo_third_${split}`, 'acc,none', 'spec-third'),
];

const task = (name: string, metric: string, guarded: string): PlannedTask => ({
  ...{ name, metric, direction: 'maximize', weight: 1, for: guarded },
});

export interface TrialSketch {
  readonly id: string;
  readonly label?: string;
  readonly confirms?: string;
  /** Values of the two tasks; absent: not complete. */
  readonly scores?: readonly [number, number];
  readonly state?: TrialRow['state'];
  readonly failure?: TrialFailure;
  readonly over?: Partial<TrialRow>;
}

/** A sweep from sketches; documents are 0/1 with as many ones as the score says, of 100. */
export function sketchSweep(row: SweepRow, sketches: readonly TrialSketch[]): FakeSweep {
  const trials = sketches.map((sketch, index) => toTrial(row.name, sketch, index + 1));
  const scored = sketches.flatMap(({ id, scores }) => {
    const split: Split = id.startsWith('c') ? 'confirm' : 'search';
    return (scores ?? []).map((value, index) => ({
      trial: id,
      split,
      value,
      task: tasks(split)[index]?.name ?? '',
      metric: tasks(split)[index]?.metric ?? '',
    }));
  });
  return {
    row,
    trials,
    scores: scored.map((score) => ({
      ...score,
      stderr: Math.sqrt((score.value * (1 - score.value)) / 99),
      documents: 100,
      higherIsBetter: true,
    })),
    documents: scored.map(({ value, ...score }) => ({
      ...score,
      count: 100,
      encoding: 'bits',
      values: JSON.stringify(
        Array.from({ length: 100 }, (_, at) => Number(at < Math.round(value * 100))),
      ),
      documentsHash: `hash of ${score.task}`,
    })),
    diagnostics: { sigma: 0.1834, generation: 2 },
  };
}

function toTrial(sweep: string, sketch: TrialSketch, ordinal: number): TrialRow {
  const { id, label, confirms, scores, failure, over } = sketch;
  const kind = id.startsWith('b') ? 'baseline' : id.startsWith('c') ? 'confirm' : 'search';
  const isModel = kind === 'baseline' && label !== 'uniform' && label !== 'ties';
  const subject: TrialSubject = isModel
    ? { kind: 'model', label: label ?? '', model: `/zoo/${label ?? ''}` }
    : {
        kind: 'merge',
        recipe: {
          method: 'dare_ties',
          baseModel: '/zoo/base',
          models: [{ label: 'spec-shift', model: '/zoo/spec-shift', parameters: { weight: 0.5 } }],
          parameters: {},
          dtype: 'float32',
          seed: 42,
        },
      };
  const state = sketch.state ?? (scores ? 'complete' : failure ? 'failed' : 'proposed');
  return {
    ...{ sweep, trial: id, kind, ordinal, state, isDivergent: false },
    ...(label === undefined ? {} : { label }),
    ...(confirms === undefined ? {} : { confirms }),
    ...(kind === 'search' ? { params: { 'weight.spec-shift': 0.5 } } : {}),
    ...(scores === undefined ? {} : { fitness: (scores[0] + scores[1]) / 2 }),
    ...(failure === undefined ? {} : { failure }),
    ...(scores === undefined
      ? {}
      : { node: 'laptop', attempt: 1, mergeSeconds: 8.25, evaluateSeconds: 12.4 }),
    input: toInput(sweep, id, kind, subject),
    proposedAt: '2026-11-24T03:00:01.000Z',
    ...(state === 'proposed' ? {} : { endedAt: '2026-11-24T03:01:00.000Z' }),
    ...over,
  };
}

function toInput(
  sweep: string,
  trial: string,
  kind: TrialRow['kind'],
  subject: TrialSubject,
): RunTrialInput {
  const split: Split = kind === 'confirm' ? 'confirm' : 'search';
  return {
    ...{ ledgerId: 'ledger', sweep, trial, kind, subject, maxAttempts: 3, workKey: 'key' },
    mergeOptions: { cuda: false, lowCpuMemory: false, args: {} },
    evaluation: { split, tasks: tasks(split), model: 'hf', modelArgs: {}, batchSize: 8, args: {} },
    limits: { mergeMinutes: 1, evaluateMinutes: 1, stallMinutes: 1 },
  };
}

export const crash: TrialFailure = {
  class: 'crash',
  reason: 'lm_eval ended with exit code 1; read its log',
  stage: 'evaluate',
  attempt: 3,
  node: 'node-2',
  logPath: '/work/key/attempt-3/lm-eval.log',
  logTail: 'RuntimeError: \u001b[31mboom\u001b[0m\n',
};

/** Best trial 2 leads every parent by far on both splits; trial 3 failed. */
export function demoSketches(): TrialSketch[] {
  return [
    { id: 'b1', label: 'base', scores: [0, 0.25] },
    { id: 'b2', label: 'spec-shift', scores: [0.95, 0.3] },
    { id: 'b3', label: 'spec-third', scores: [0.05, 0.99] },
    { id: 'b4', label: 'uniform', scores: [0.1, 0.9] },
    { id: 'b5', label: 'ties', scores: [0.6, 0.9] },
    { id: '1', scores: [0.4, 0.6] },
    {
      id: '2',
      scores: [0.93, 0.97],
      over: { checkpointFiles: { 'model.safetensors': 'f'.repeat(64) } },
    },
    { id: '3', failure: crash },
    { id: 'c1', confirms: '2', scores: [0.9, 0.96] },
    { id: 'c2', label: 'base', confirms: 'b1', scores: [0, 0.26] },
    { id: 'c3', label: 'spec-shift', confirms: 'b2', scores: [0.96, 0.31] },
    { id: 'c4', label: 'spec-third', confirms: 'b3', scores: [0.04, 0.98] },
    { id: 'c5', label: 'uniform', confirms: 'b4', scores: [0.12, 0.88] },
    { id: 'c6', label: 'ties', confirms: 'b5', scores: [0.58, 0.91] },
  ];
}

export const demoSweep = (): FakeSweep => sketchSweep(sweepRow(), demoSketches());
