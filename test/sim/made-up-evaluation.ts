/** What lm-eval would have written of a merge, read by the parsers that read lm-eval. */
import type { RunTrialInput, TrialSubject } from '../../activities/contracts.js';
import { type LmEvalCall, planCalls } from '../../src/evaluation/calls.js';
import { selectDocuments } from '../../src/evaluation/document-share.js';
import type { DocumentValues, EvalReport } from '../../src/evaluation/eval-report.js';
import type { PlannedTask } from '../../src/evaluation/plan.js';
import { parseResults } from '../../src/evaluation/results.js';
import { parseSamples } from '../../src/evaluation/samples.js';
import { joinReports } from '../../src/external/lm-eval-output.js';
import { toUnit } from './random.js';

/** Documents of every made-up eval task. */
const documentCount = 24;

/** What a run of lm-eval may do to its results: `noise` gives one document another value. */
export type Flaw = 'nan' | 'truncated' | 'noise';

/**
 * The report of a trial: a function of its subject, its documents and the flaw alone.
 * @throws StageFailedError where the flaw is one that the parsers find
 */
export function evaluate(run: RunTrialInput, flaw?: Flaw): EvalReport {
  const key = JSON.stringify([run.subject, run.evaluation, flaw]);
  const known = reports.get(key);
  if (known !== undefined) return known;
  const report = evaluateAnew(run, flaw);
  if (reports.size >= mostReports) reports.clear();
  reports.set(key, report);
  return report;
}

/** A seed asks for each report again when it checks the ledger. */
const mostReports = 1000;
const reports = new Map<string, EvalReport>();

function evaluateAnew(run: RunTrialInput, flaw?: Flaw): EvalReport {
  const reports = planCalls(run.evaluation).map((call) => evaluateCall(run.subject, call, flaw));
  return joinReports(run.evaluation, reports);
}

function evaluateCall(subject: TrialSubject, call: LmEvalCall, flaw?: Flaw): EvalReport {
  const { documents } = call.plan;
  const selected = documents === undefined ? {} : selectDocuments(documents);
  const tasks = call.tasks.map((task, index) => {
    const ids = selected[task.name] ?? Array.from({ length: documentCount }, (_, id) => id);
    const isNoisy = flaw === 'noise' && index === 0;
    return { task, ids, ...answer(subject, task, ids, isNoisy ? ids[0] : undefined) };
  });
  const named = <Value>(toValue: (task: (typeof tasks)[number]) => Value) =>
    Object.fromEntries(tasks.map((task) => [task.task.name, toValue(task)]));
  const file = {
    results: named(({ task, score, error }) => ({
      [task.metric]: score,
      [task.metric.replace(',', '_stderr,')]: error,
    })),
    group_subtasks: named(() => []),
    higher_is_better: named(({ task }) => ({
      [metricName(task)]: task.direction === 'maximize',
    })),
    'n-samples': named(({ ids }) => ({ original: documentCount, effective: ids.length })),
    task_hashes: named(({ task }) => `hash-of-${task.name}`),
    versions: named(() => 1),
  };
  let text = JSON.stringify(file);
  if (flaw === 'nan') text = text.replace(/("[\w]+,none":)[-\d.e]+/, '$1NaN');
  if (flaw === 'truncated') text = text.slice(0, Math.floor(text.length / 2));
  const parsed = parseResults(text, call);
  const values = tasks.flatMap(({ task, lines }): DocumentValues[] => {
    const files = [{ task: task.name, text: lines }];
    const read = parseSamples(files, task.name, task.metric, parsed.leafCounts);
    return read === undefined ? [] : [read];
  });
  return { split: call.plan.split, documents: values, ...parsed };
}

interface Answers {
  readonly score: number;
  readonly error: number;
  /** `samples_<task>.jsonl` */
  readonly lines: string;
}

function answer(
  subject: TrialSubject,
  task: PlannedTask,
  ids: readonly number[],
  noisy?: number,
): Answers {
  const quality = qualityOf(subject, task.name);
  const name = metricName(task);
  const isRight = (id: number): boolean =>
    toUnit(`${task.name}#${id}`) < quality !== (id === noisy);
  const isMaximized = task.direction === 'maximize';
  // lm-eval logs a perplexity as log-likelihood and count of words, ten in each document here.
  const values = ids.map((id) =>
    isMaximized ? Number(isRight(id)) : 2 - quality + id * 0.001 + Number(id === noisy),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / ids.length;
  const logged = values.map((value) => (isMaximized ? value : [-10 * value, 10]));
  const score = isMaximized ? mean : Math.exp(mean);
  const lines = ids.map((id, index) =>
    JSON.stringify({ doc_id: id, doc_hash: `d${id}`, filter: 'none', [name]: logged[index] }),
  );
  const error = Math.sqrt((mean * Math.abs(1 - mean)) / Math.max(1, ids.length - 1));
  return { score, error, lines: `${lines.join('\n')}\n` };
}

/** A smooth landscape with another optimum for each eval task; 0.05..0.95. */
function qualityOf(subject: TrialSubject, task: string): number {
  if (subject.kind === 'model') return 0.2 + 0.4 * toUnit(`${task}/${subject.label}`);
  const { models } = subject.recipe;
  let distance = 0;
  for (const { label, parameters } of models) {
    for (const [name, value] of Object.entries(parameters)) {
      distance += (value - toUnit(`${task}/${label}/${name}`)) ** 2;
    }
  }
  return 0.05 + 0.9 * Math.exp((-2 * distance) / Math.max(1, models.length));
}

const metricName = ({ metric }: PlannedTask): string => metric.split(',')[0] ?? metric;
