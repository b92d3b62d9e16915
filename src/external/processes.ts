import { CappedLog } from './capped-log.js';
import { BlockSplitter, OutputTail, splitLines } from './progress-lines.js';
import { ProgressSigns } from './progress-signs.js';
import { createRedactor } from './secrets.js';
import { startGuard } from './stall-guard.js';
import { SupervisedProcess, type ProcessEnd, type SpawnOrder } from './supervised-process.js';

export interface ProcessOrder extends Omit<SpawnOrder, 'hasSocket' | 'graceMs'> {
  /** stdout and stderr, as they come, secrets taken out. */
  readonly logPath: string;
  /** @default 64 MiB */
  readonly logCapBytes?: number;
  /** The output's lines; of a burst only the last. */
  readonly onLine?: (line: string) => void;
  /**
   * Kill when for so long nothing is written and next to no CPU time is used, or for three times as
   * long no progress bar moves, once there was one.
   */
  readonly stallMs: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Between TERM and KILL of the group. @default 10000 */
  readonly graceMs?: number;
}

export interface ProcessResult extends ProcessEnd {
  readonly timedOut: boolean;
  readonly stalled: boolean;
  readonly cancelled: boolean;
  /** The last 4 KiB of output. */
  readonly tail: string;
  /** CPU time of the program and its children as last sampled, ms; 0 where there is no /proc. */
  readonly cpuMs: number;
}

/**
 * Runs a program in its own process group under a supervisor and returns when every process of the
 * group, and every one that carries its mark, is gone, however it ended; a failing program is a result, not an error. No shell reads
 * `args`; nothing is held in memory but the tail.
 * @throws Error where it can't be spawned (no such `cwd`) or the log can't be made.
 */
export async function runProcess(order: ProcessOrder): Promise<ProcessResult> {
  const tail = new OutputTail();
  if (order.signal?.aborted === true) {
    return { timedOut: false, stalled: false, cancelled: true, tail: '', cpuMs: 0 };
  }
  const log = new CappedLog(order.logPath, order.logCapBytes ?? 64 * 1024 * 1024);
  const redact = createRedactor(order.env);
  const watch = { lastOutputAt: performance.now() };
  const progress = new ProgressSigns();
  const onBlock = (block: string): void => {
    watch.lastOutputAt = performance.now();
    const clean = redact(block);
    log.write(clean);
    for (const line of splitLines(clean)) {
      tail.push(line);
      progress.read(line.text);
      order.onLine?.(line.text);
    }
  };
  try {
    const child = await SupervisedProcess.start(order);
    for (const stream of child.outputs) {
      const splitter = new BlockSplitter(onBlock);
      stream.on('data', (chunk: Buffer) => {
        splitter.write(chunk);
      });
      stream.on('end', () => {
        splitter.end();
      });
    }
    const { killer, groupId } = child;
    const guard = startGuard({
      groupId,
      stallMs: order.stallMs,
      timeoutMs: order.timeoutMs,
      lastSignAt: () => watch.lastOutputAt,
      lastProgressAt: () => progress.lastAt,
      onExceeded: (reason) => {
        killer.kill(reason);
      },
    });
    const onAbort = (): void => {
      killer.kill('cancel');
    };
    order.signal?.addEventListener('abort', onAbort, { once: true });
    if (isAborted(order.signal)) onAbort();
    const end = await child.ended;
    guard.stop();
    order.signal?.removeEventListener('abort', onAbort);
    return {
      ...end,
      timedOut: killer.reason === 'timeout',
      stalled: killer.reason === 'stall',
      cancelled: killer.reason === 'cancel',
      tail: tail.toString(),
      cpuMs: guard.cpuMs(),
    };
  } finally {
    log.close();
  }
}

/** A function, for the compiler takes it for settled once it was looked at. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
