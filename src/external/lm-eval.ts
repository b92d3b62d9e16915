import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lmEvalArguments, planCalls, type LmEvalCall } from '../evaluation/calls.js';
import type { DocumentValues, EvalReport, TaskScore } from '../evaluation/eval-report.js';
import type { EvaluationPlan } from '../evaluation/plan.js';
import { parseLmEvalProgress } from '../evaluation/progress.js';
import { parseResults } from '../evaluation/results.js';
import { parseSamples } from '../evaluation/samples.js';
import { StageFailedError } from '../errors.js';
import type { ToolProgress } from '../merge/progress.js';
import { listFiles } from './list-files.js';
import { runTool, type StageOrder } from './run-tool.js';

export interface EvaluationOrder extends StageOrder {
  readonly plan: EvaluationPlan;
  /** Absolute folder, or Hub id. */
  readonly modelPath: string;
  /** Fresh folder of this attempt: gets `evaluate.log` and a folder per call. */
  readonly attemptDir: string;
}

/**
 * Runs lm_eval once per (few-shot count, limit) of the plan and reads what it wrote.
 * @throws StageFailedError with the class of the failure; the signal's reason when aborted.
 */
export async function runEvaluation(order: EvaluationOrder): Promise<EvalReport> {
  const calls = planCalls(order.plan);
  const deadline = performance.now() + order.timeoutMs;
  const parts: EvalReport[] = [];
  for (const [index, call] of calls.entries()) {
    const onProgress = (progress: ToolProgress): void => {
      order.onProgress({
        activity: progress.activity,
        percent: Math.floor((index * 100 + progress.percent) / calls.length),
      });
    };
    const timeoutMs = Math.max(1, deadline - performance.now());
    parts.push(await runCall({ ...order, timeoutMs, onProgress }, call, index));
  }
  return {
    split: order.plan.split,
    scores: order.plan.tasks.map((task) => findScore(parts, task.name, task.metric)),
    documents: parts.flatMap((part) => part.documents),
    taskHashes: Object.assign({}, ...parts.map((part) => part.taskHashes)) as Record<
      string,
      string
    >,
    taskVersions: Object.assign({}, ...parts.map((part) => part.taskVersions)) as Record<
      string,
      string | number
    >,
  };
}

async function runCall(
  order: EvaluationOrder,
  call: LmEvalCall,
  index: number,
): Promise<EvalReport> {
  const outDir = join(order.attemptDir, `evaluation-${index + 1}`);
  await mkdir(join(outDir, 'cache'), { recursive: true });
  return runTool({
    ...order,
    stage: 'evaluate',
    tool: 'lm_eval',
    args: lmEvalArguments(call, order.modelPath, join(outDir, 'output')),
    cwd: order.plan.cwd ?? order.attemptDir,
    // Its caches are keyed by task, not by model or data: never share one.
    env: { ...order.env, LM_HARNESS_CACHE_PATH: join(outDir, 'cache') },
    logPath: join(order.attemptDir, index === 0 ? 'evaluate.log' : `evaluate-${index + 1}.log`),
    parseProgress: parseLmEvalProgress,
    collect: () => readOutput(join(outDir, 'output'), call),
  });
}

async function readOutput(outDir: string, call: LmEvalCall): Promise<EvalReport> {
  const files = await listFiles(outDir);
  const results = files.filter((path) => /^results_.*\.json$/.test(basename(path)));
  const [resultsPath] = results;
  if (resultsPath === undefined || results.length > 1) {
    throw new StageFailedError(
      'no_output',
      `lm_eval ended well; expected one results_*.json from it, got ${results.length}.`,
    );
  }
  const parsed = parseResults(await readFile(resultsPath, 'utf8'), call);
  const documents: DocumentValues[] = [];
  for (const score of parsed.scores) {
    const values = await readDocuments(files, parsed.subtasks[score.task] ?? [], score);
    if (values !== undefined) documents.push(values);
  }
  return {
    split: call.plan.split,
    scores: parsed.scores,
    documents,
    taskHashes: parsed.taskHashes,
    taskVersions: parsed.taskVersions,
  };
}

async function readDocuments(
  files: readonly string[],
  leaves: readonly string[],
  score: TaskScore,
): Promise<DocumentValues | undefined> {
  const samples = [];
  for (const leaf of leaves) {
    // `samples_<task>_<time>.jsonl`: the time begins with a digit and holds no underscore.
    const path = files.find((each) => {
      const match = /^samples_(.+)_\d[^_]*\.jsonl$/.exec(basename(each));
      return match?.[1] === leaf;
    });
    if (path === undefined) {
      throw new StageFailedError(
        'truncated_results',
        `Expected the samples of ${leaf} beside lm_eval's results, got none.`,
      );
    }
    samples.push({ task: leaf, text: await readFile(path, 'utf8') });
  }
  const values = parseSamples(samples, score.task, score.metric);
  if (values !== undefined && values.values.length !== score.documents) {
    throw new StageFailedError(
      'truncated_results',
      `Expected ${score.documents} samples of ${score.task}, got ${values.values.length}.`,
    );
  }
  return values;
}

function findScore(parts: readonly EvalReport[], task: string, metric: string): TaskScore {
  const scores = parts.flatMap((part) => part.scores);
  const score = scores.find((each) => each.task === task && each.metric === metric);
  if (score === undefined) throw new Error(`Expected a score of ${task} ${metric}, got none.`);
  return score;
}
