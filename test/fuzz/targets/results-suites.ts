/** What lm-eval leaves, recorded or in its shape, with the call that it answers. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LmEvalCall } from '../../../src/evaluation/calls.js';
import { selectDocuments, type DocumentShare } from '../../../src/evaluation/document-share.js';
import type { PlannedTask } from '../../../src/evaluation/plan.js';

export interface Suite {
  readonly name: string;
  readonly call: LmEvalCall;
  /** By file name, below lm-eval's output folder. */
  readonly files: Readonly<Record<string, string>>;
}

const stamp = '2026-01-01T00-00-00.000000';
export const resultsFile = `results_${stamp}.json`;
export const samplesFile = (task: string): string => `samples_${task}_${stamp}.jsonl`;

const golden = (name: string): string =>
  readFileSync(new URL(`../../fixtures/lm-eval/${name}`, import.meta.url), 'utf8');

function goldenFiles(tasks: readonly string[]): Record<string, string> {
  return Object.fromEntries([
    [resultsFile, golden('results_three_tasks.json')],
    ...tasks.map((task) => [samplesFile(task), golden(`samples_${task}.jsonl`)] as const),
  ]);
}

export function createSuites(): Suite[] {
  const share: DocumentShare = {
    ...{ seed: 7, rungs: [0.25, 1], rung: 1, isExtension: false },
    counts: { alpha: 12, beta: 20 },
  };
  const pair = [planned('alpha', 'exact_match,none'), planned('beta', 'exact_match,none')];
  return [
    {
      name: 'recorded',
      call: callOf(
        [
          planned('zoo_shift_dev', 'exact_match,none'),
          planned('zoo_third_dev', 'acc,none'),
          planned('zoo_text_dev', 'word_perplexity,none', 'minimize'),
        ],
        { limit: 5 },
      ),
      files: goldenFiles(['zoo_shift_dev', 'zoo_third_dev', 'zoo_text_dev']),
    },
    {
      name: 'recorded-margin',
      call: callOf(
        [
          planned('zoo_third_dev', 'margin,none'),
          planned('zoo_text_dev', 'bits_per_byte,none', 'minimize'),
          planned('zoo_text_dev', 'byte_perplexity,none', 'minimize'),
        ],
        { limit: 5 },
      ),
      files: goldenFiles(['zoo_third_dev', 'zoo_text_dev']),
    },
    { name: 'plain', call: callOf(pair), files: shaped({ alpha: range(8), beta: range(8) }) },
    {
      name: 'group',
      call: callOf([planned('both', 'exact_match,none')]),
      files: shaped({ alpha: range(4), beta: range(6) }, 'both'),
    },
    {
      name: 'rung',
      call: callOf(pair, { documents: share }),
      files: shaped(selectDocuments(share), undefined, share.counts),
    },
  ];
}

function planned(
  name: string,
  metric: string,
  direction: PlannedTask['direction'] = 'maximize',
): PlannedTask {
  return { name, metric, direction, weight: 1 };
}

function callOf(
  tasks: readonly PlannedTask[],
  { limit, documents }: { limit?: number; documents?: DocumentShare } = {},
): LmEvalCall {
  return {
    plan: {
      ...{ split: 'search', tasks, model: 'hf', modelArgs: {}, batchSize: 8, args: {} },
      ...(documents !== undefined && { documents }),
    },
    tasks,
    ...(limit !== undefined && { limit }),
  };
}

/** As test/fixtures/fake-tools/fake_results.py writes it. */
function shaped(
  documents: Readonly<Record<string, readonly number[]>>,
  group?: string,
  counts?: Readonly<Record<string, number>>,
): Record<string, string> {
  const tasks = Object.keys(documents);
  const scores = Object.fromEntries(
    tasks.map((task) => [
      task,
      (documents[task] ?? []).map(
        (id) => (createHash('sha256').update(`${task} ${id}`).digest()[0] ?? 0) % 2,
      ),
    ]),
  );
  const all = group === undefined ? tasks : [...tasks, group];
  const valuesOf = (name: string): number[] =>
    name === group ? tasks.flatMap((task) => scores[task] ?? []) : (scores[name] ?? []);
  const byTask = <Value>(make: (name: string) => Value) =>
    Object.fromEntries(all.map((name) => [name, make(name)]));
  const results = {
    results: byTask((name) => ({
      alias: name,
      'exact_match,none': mean(valuesOf(name)),
      'exact_match_stderr,none': 0.1,
    })),
    higher_is_better: byTask(() => ({ exact_match: true })),
    'n-samples': Object.fromEntries(
      tasks.map((task) => {
        const effective = documents[task]?.length ?? 0;
        return [task, { original: counts?.[task] ?? effective, effective }];
      }),
    ),
    versions: byTask(() => 1),
    task_hashes: byTask((name) => createHash('sha256').update(name).digest('hex')),
    group_subtasks: group === undefined ? {} : { [group]: tasks },
  };
  const lines = (task: string): string =>
    (documents[task] ?? [])
      .map((id, index) => {
        const sample = { doc_id: id, doc_hash: `h${id}`, filter: 'none' };
        return `${JSON.stringify({ ...sample, exact_match: scores[task]?.[index] })}\n`;
      })
      .join('');
  return Object.fromEntries([
    [resultsFile, JSON.stringify(results, undefined, 2)],
    ...tasks.map((task) => [samplesFile(task), lines(task)] as const),
  ]);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
