import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { LmEvalCall } from '../evaluation/calls.js';
import type { DocumentValues, EvalReport, TaskScore } from '../evaluation/eval-report.js';
import { selectDocuments } from '../evaluation/document-share.js';
import type { EvaluationPlan } from '../evaluation/plan.js';
import { scoreOf } from '../evaluation/combine-reports.js';
import { isMargin } from '../evaluation/margin.js';
import { parseResults } from '../evaluation/results.js';
import { parseSamples } from '../evaluation/samples.js';
import { StageFailedError } from '../errors.js';
import { listFiles } from './list-files.js';

/** The report of a plan from those of its calls. */
export function joinReports(plan: EvaluationPlan, parts: readonly EvalReport[]): EvalReport {
  return {
    split: plan.split,
    scores: plan.tasks.map((task) => findScore(parts, task.name, task.metric)),
    documents: parts.flatMap((part) => part.documents),
    taskHashes: Object.assign({}, ...parts.map((part) => part.taskHashes)) as Record<
      string,
      string
    >,
    taskVersions: Object.assign({}, ...parts.map((part) => part.taskVersions)) as Record<
      string,
      string | number
    >,
    leafCounts: Object.assign({}, ...parts.map((part) => part.leafCounts)) as Record<
      string,
      number
    >,
  };
}

/**
 * Reads and verifies what one call of lm-eval left below `outDir`.
 * @throws StageFailedError `no_output`, `truncated_results`, `bad_score`, `configuration`
 */
export function readOutput(outDir: string, call: LmEvalCall): Promise<EvalReport> {
  return parseOutput(listFiles(outDir), (path) => readFile(path, 'utf8'), call);
}

type ReadText = (path: string) => Promise<string>;

/** `readOutput`, with the paths of the files that are there and what reads one of them. */
export async function parseOutput(
  files: readonly string[],
  readText: ReadText,
  call: LmEvalCall,
): Promise<EvalReport> {
  const results = files.filter((path) => /^results_.*\.json$/.test(basename(path)));
  const [resultsPath] = results;
  if (resultsPath === undefined || results.length > 1) {
    throw new StageFailedError(
      'no_output',
      `lm_eval ended well; expected one results_*.json from it, got ${results.length}.`,
    );
  }
  const parsed = parseResults(await readText(resultsPath), call);
  const documents: DocumentValues[] = [];
  const scores: TaskScore[] = [];
  const share = call.plan.documents;
  const selected = share === undefined ? undefined : selectDocuments(share);
  // Without a selection lm-eval takes the first ones.
  const idsOf = (leaf: string): number[] => selected?.[leaf] ?? firstOf(parsed.leafCounts[leaf]);
  for (const score of parsed.scores) {
    const leaves = parsed.subtasks[score.task] ?? [];
    const values = await readDocuments({
      files,
      readText,
      leaves,
      score,
      idsOf,
      counts: parsed.leafCounts,
    });
    if (values !== undefined) documents.push(values);
    scores.push(isMargin(score.metric) ? withMean(score, values) : score);
  }
  return {
    split: call.plan.split,
    scores,
    documents,
    taskHashes: parsed.taskHashes,
    taskVersions: parsed.taskVersions,
    leafCounts: parsed.leafCounts,
  };
}

/** @throws StageFailedError `configuration` where the eval task has no choices */
function withMean(score: TaskScore, values: DocumentValues | undefined): TaskScore {
  if (values === undefined) {
    throw new StageFailedError(
      'configuration',
      `${score.metric} is of multiple-choice eval tasks with one right choice, ${score.task} is none: ` +
        'name a metric that lm-eval reports.',
    );
  }
  return scoreOf(score, [values]);
}

interface DocumentsOrder {
  readonly files: readonly string[];
  readonly readText: ReadText;
  readonly leaves: readonly string[];
  readonly score: TaskScore;
  readonly counts: Readonly<Record<string, number>>;
  readonly idsOf: (leaf: string) => readonly number[];
}

async function readDocuments(order: DocumentsOrder): Promise<DocumentValues | undefined> {
  const { files, readText, leaves, score, counts, idsOf } = order;
  const samples = [];
  for (const leaf of leaves) {
    // `samples_<task>_<time>.jsonl`: the time begins with a digit and holds no underscore.
    const paths = files.filter((each) => {
      const match = /^samples_(.+)_\d[^_]*\.jsonl$/.exec(basename(each));
      return match?.[1] === leaf;
    });
    const [path] = paths;
    if (path === undefined || paths.length > 1) {
      throw new StageFailedError(
        'truncated_results',
        `Expected one file with the samples of ${leaf} beside lm_eval's results, got ${paths.length}.`,
      );
    }
    samples.push({
      task: leaf,
      text: await readText(path),
      documentIds: idsOf(leaf),
    });
  }
  const values = parseSamples(samples, score.task, score.metric, counts);
  if (values !== undefined && values.values.length !== score.documents) {
    throw new StageFailedError(
      'truncated_results',
      `Expected ${score.documents} samples of ${score.task}, got ${values.values.length}.`,
    );
  }
  return values;
}

const firstOf = (count = 0): number[] => Array.from({ length: count }, (_, id) => id);

function findScore(parts: readonly EvalReport[], task: string, metric: string): TaskScore {
  const scores = parts.flatMap((part) => part.scores);
  const score = scores.find((each) => each.task === task && each.metric === metric);
  if (score === undefined) throw new Error(`Expected a score of ${task} ${metric}, got none.`);
  return score;
}
