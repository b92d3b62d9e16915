import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lmEvalArguments, planCalls, type LmEvalCall } from '../evaluation/calls.js';
import { selectDocuments } from '../evaluation/document-share.js';
import type { EvalReport } from '../evaluation/eval-report.js';
import type { EvaluationPlan } from '../evaluation/plan.js';
import { parseLmEvalProgress } from '../evaluation/progress.js';
import type { ToolProgress } from '../merge/progress.js';
import { joinReports, readOutput } from './lm-eval-output.js';
import { runTool, type StageOrder, type ToolRun } from './run-tool.js';

export interface EvaluationOrder extends StageOrder {
  readonly plan: EvaluationPlan;
  /** Absolute folder, or Hub id. */
  readonly modelPath: string;
  /** Fresh folder of this attempt: gets `evaluate.log` and a folder per call. */
  readonly attemptDir: string;
  /** Called when the last program has ended well: what is left is to read. */
  readonly onProgramsEnd?: () => void;
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
    const isLast = index === calls.length - 1;
    const onEnd = isLast ? order.onProgramsEnd : undefined;
    parts.push(await runCall({ ...order, timeoutMs, onProgress, onEnd }, call, index));
  }
  return joinReports(order.plan, parts);
}

async function runCall(
  order: EvaluationOrder & Pick<ToolRun<EvalReport>, 'onEnd'>,
  call: LmEvalCall,
  index: number,
): Promise<EvalReport> {
  const outDir = join(order.attemptDir, `evaluation-${index + 1}`);
  await mkdir(join(outDir, 'cache'), { recursive: true });
  const { documents } = order.plan;
  const samplesPath = documents === undefined ? undefined : join(outDir, 'samples.json');
  if (documents !== undefined && samplesPath !== undefined) {
    await writeFile(samplesPath, JSON.stringify(selectDocuments(documents)));
  }
  return runTool({
    ...order,
    stage: 'evaluate',
    tool: 'lm_eval',
    args: lmEvalArguments(call, order.modelPath, join(outDir, 'output'), samplesPath),
    cwd: order.plan.cwd ?? order.attemptDir,
    // Its caches are keyed by task, not by model or data: never share one.
    env: { ...order.env, LM_HARNESS_CACHE_PATH: join(outDir, 'cache') },
    logPath: join(order.attemptDir, index === 0 ? 'evaluate.log' : `evaluate-${index + 1}.log`),
    parseProgress: parseLmEvalProgress,
    collect: () => readOutput(join(outDir, 'output'), call),
  });
}
