import type { TrialStage } from '../errors.js';
import { StageFailedError } from '../errors.js';
import type { ToolProgress } from '../merge/progress.js';
import { requireTool } from './find-tool.js';
import { type ProcessOrder, runProcess } from './processes.js';
import { classifyToolFailure } from './tool-failures.js';

/** What both stages of a trial ask of their program. */
export interface StageOrder extends Pick<ProcessOrder, 'env' | 'stallMs' | 'graceMs'> {
  /** Name on PATH or absolute path. */
  readonly command: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ToolProgress) => void;
}

export interface ToolRun<Output>
  extends StageOrder, Pick<ProcessOrder, 'args' | 'cwd' | 'logPath'> {
  readonly stage: TrialStage;
  /** As shown, e.g. `lm_eval`. */
  readonly tool: string;
  readonly parseProgress: (line: string) => ToolProgress | undefined;
  /** Reads and verifies what the program left: exit 0 alone is not success. */
  readonly collect: () => Promise<Output>;
  /** Called between the program's good end and `collect`. */
  readonly onEnd?: (() => void) | undefined;
}

/**
 * Runs a tool to its verified output; progress never falls.
 * @throws StageFailedError with the class of the failure and the log's end; the signal's reason when
 *   aborted.
 */
export async function runTool<Output>(run: ToolRun<Output>): Promise<Output> {
  const { stage, tool, parseProgress, onProgress, collect, onEnd, ...order } = run;
  let percent = 0;
  const result = await runProcess({
    ...order,
    command: requireTool(order.command, order.env),
    onLine: (line) => {
      const progress = parseProgress(line);
      if (progress === undefined) return;
      percent = Math.max(percent, progress.percent);
      onProgress({ ...progress, percent });
    },
  });
  order.signal.throwIfAborted();
  if (result.exitCode !== 0 || result.timedOut || result.stalled) {
    throw classifyToolFailure(stage, tool, result);
  }
  onEnd?.();
  try {
    return await collect();
  } catch (error) {
    if (!(error instanceof StageFailedError)) throw error;
    const logTail = result.tail;
    throw new StageFailedError(error.failureClass, error.message, { cause: error, logTail });
  }
}
