import type { Duplex } from 'node:stream';
import type { TrialStage } from '../errors.js';
import { StageFailedError } from '../errors.js';
import { parsePythonJson } from '../evaluation/lenient-json.js';
import type { ToolProgress } from '../merge/progress.js';
import { CappedLog } from './capped-log.js';
import { BlockSplitter, OutputTail, splitLines } from './progress-lines.js';
import { ProgressSigns } from './progress-signs.js';
import { createRedactor } from './secrets.js';
import { startGuard } from './stall-guard.js';
import { socketFd, SupervisedProcess, type ProcessEnd } from './supervised-process.js';
import { classifyToolFailure } from './tool-failures.js';

/** Of python/mergesweep_warm/channel.py. */
const protocolVersion = 1;
const toolName = 'the warm evaluator';

export interface WarmChildOrder {
  /** Absolute path of the Python that has mergekit and lm-eval. */
  readonly python: string;
  readonly cwd: string;
  /** The whole environment; PYTHONPATH leads to `mergesweep_warm`. */
  readonly env: Readonly<Record<string, string>>;
  /** Between a cancellation and TERM, and between TERM and KILL of the group. @default 10000 */
  readonly graceMs?: number;
}

export type WarmOperation = 'init' | 'merge' | 'load' | 'evaluate' | 'compare' | 'save' | 'ping';

export interface WarmRequest {
  readonly op: WarmOperation;
  readonly params: Readonly<Record<string, unknown>>;
  /** For the failure, and for the log's name. */
  readonly stage: TrialStage;
  /** Gets what the child's libraries print meanwhile. */
  readonly logPath: string;
  /**
   * The child is killed when so long no tensor and no batch was done, and no CPU was used; busy or not,
   * when none was done for three times as long.
   */
  readonly stallMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ToolProgress) => void;
}

/** What every answer carries beside its own fields. */
export interface WarmReply {
  readonly seconds: number;
  /** Of the process since its start. */
  readonly cpuSeconds: number;
  /** At most so far, bytes. */
  readonly rssBytes: number;
  readonly gpuBytes: number;
}

/** Thrown where the child says that the cold way is needed; it stays usable. */
export class WarmUnsupportedError extends Error {}

interface Pending {
  readonly id: number;
  readonly request: WarmRequest;
  readonly log: CappedLog;
  lastSignAt: number;
  readonly progress: ProgressSigns;
  readonly resolve: (reply: WarmReply & Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One long-lived `python -m mergesweep_warm` in its own process group under a supervisor: one request
 * at a time, by JSON lines over a socket of their own. A child that died, hung or lost its GPU is
 * not usable any more, and gone with all its group when the request that met this rejects.
 */
export class WarmChild {
  /** Answered merges; for recycling. */
  merges = 0;
  /** Of the second evaluation: by then every buffer has its size. */
  settled: WarmReply | undefined;
  lastReply: WarmReply | undefined;
  readonly ended: Promise<void>;
  private isTrusted = true;
  private readonly child: SupervisedProcess;
  private readonly socket: Duplex;
  private readonly graceMs: number;
  private readonly redact: (text: string) => string;
  private tail = new OutputTail();
  private pending: Pending | undefined;
  private nextId = 1;
  private evaluations = 0;

  private constructor(child: SupervisedProcess, socket: Duplex, order: WarmChildOrder) {
    this.child = child;
    this.socket = socket;
    this.graceMs = order.graceMs ?? 10_000;
    this.redact = createRedactor(order.env);
    // A write to a child that has just died: its end is reported below.
    socket.on('error', () => undefined);
    const replies = new BlockLines((line) => {
      this.onMessage(line);
    });
    socket.on('data', (chunk: Buffer) => {
      replies.write(chunk);
    });
    for (const stream of child.outputs) {
      const splitter = new BlockSplitter((block) => {
        this.onOutput(block);
      });
      stream.on('data', (chunk: Buffer) => {
        splitter.write(chunk);
      });
    }
    this.ended = child.ended.then((end) => {
      this.onEnd(end);
    });
  }

  /** @throws Error with the system's `code` where it can't be started */
  static async start(order: WarmChildOrder): Promise<WarmChild> {
    const { python, cwd, env, graceMs } = order;
    const args = ['-m', 'mergesweep_warm', `${socketFd}`];
    const spawned = { command: python, args, cwd, env, graceMs, hasSocket: true };
    const child = await SupervisedProcess.start(spawned);
    if (child.socket === undefined) throw new Error(`${python} was started without a socket`);
    return new WarmChild(child, child.socket, order);
  }

  /** False once it is dead, or in a state that is not to be trusted. */
  get isUsable(): boolean {
    return this.isTrusted && !this.child.hasExited;
  }

  /**
   * Sends a request and returns the answer's `result`.
   * @throws StageFailedError with the class of the failure; WarmUnsupportedError; the signal's
   *   reason when aborted, once the child has stopped or is dead.
   */
  async request<Result = unknown>(request: WarmRequest): Promise<WarmReply & Result> {
    request.signal.throwIfAborted();
    if (!this.isUsable || this.pending !== undefined) {
      throw new StageFailedError('crash', `Expected a free ${toolName}, got a dead or a busy one.`);
    }
    this.tail = new OutputTail();
    const log = new CappedLog(request.logPath, 64 * 1024 * 1024);
    const id = this.nextId++;
    const guard = startGuard({
      groupId: this.child.groupId,
      stallMs: request.stallMs,
      timeoutMs: request.timeoutMs,
      lastSignAt: () => this.pending?.lastSignAt ?? performance.now(),
      lastProgressAt: () => this.pending?.progress.lastAt,
      onExceeded: (reason) => {
        this.kill(reason);
      },
    });
    let cancelTimer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      this.send({ op: 'cancel', id });
      cancelTimer = setTimeout(() => {
        this.kill('cancel');
      }, this.graceMs);
    };
    try {
      const answer = new Promise<WarmReply & Readonly<Record<string, unknown>>>(
        (resolve, reject) => {
          const lastSignAt = performance.now();
          const progress = new ProgressSigns();
          this.pending = { id, request, log, lastSignAt, progress, resolve, reject };
        },
      );
      request.signal.addEventListener('abort', onAbort, { once: true });
      this.send({ ...request.params, op: request.op, id });
      const reply = await answer;
      this.lastReply = reply;
      if (request.op === 'merge') this.merges += 1;
      if (request.op === 'evaluate') this.evaluations += 1;
      if (this.evaluations === 2) this.settled ??= reply;
      return reply as WarmReply & Result;
    } catch (error) {
      if (!this.canAnswer()) await this.ended;
      request.signal.throwIfAborted();
      throw error;
    } finally {
      request.signal.removeEventListener('abort', onAbort);
      clearTimeout(cancelTimer);
      guard.stop();
      this.pending = undefined;
      log.close();
    }
  }

  /** Ends the child and all of its group: asked first, then TERM, then KILL. */
  async close(): Promise<void> {
    if (this.isUsable && this.pending === undefined) this.send({ op: 'quit', id: this.nextId++ });
    this.isTrusted = false;
    const timer = setTimeout(() => {
      this.child.killer.kill('cancel');
    }, 1000);
    await this.ended;
    clearTimeout(timer);
  }

  private canAnswer(): boolean {
    return this.isUsable;
  }

  private kill(reason: 'stall' | 'timeout' | 'cancel'): void {
    this.isTrusted = false;
    this.child.killer.kill(reason);
  }

  private send(message: Readonly<Record<string, unknown>>): void {
    this.socket.write(`${JSON.stringify({ v: protocolVersion, ...message })}\n`);
  }

  private onOutput(block: string): void {
    const clean = this.redact(block);
    this.pending?.log.write(clean);
    for (const line of splitLines(clean)) this.tail.push(line);
  }

  private onMessage(line: string): void {
    const message = parsePythonJson(line) as WarmMessage;
    const { pending } = this;
    if (pending?.id !== message.id) return;
    pending.lastSignAt = performance.now();
    if (message.progress !== undefined) {
      const { activity, done, total } = message.progress;
      pending.progress.note(`${activity} ${done}`);
      const percent = Math.min(100, Math.floor((100 * done) / Math.max(1, total)));
      pending.request.onProgress?.({ activity, percent });
    } else if (message.ok === true && message.result !== undefined) {
      pending.resolve(message.result);
    } else {
      pending.reject(this.toFailure(pending.request, message));
    }
  }

  private toFailure(
    { stage, op }: WarmRequest,
    { error = 'Error', message = '' }: WarmMessage,
  ): Error {
    const text = this.redact(`${error}: ${message}`);
    if (error === 'UnsupportedError') return new WarmUnsupportedError(message);
    // An error of the device stays with the process: every later call would meet it again.
    if (/CUDA|cublas|cudnn|nccl|device-side/i.test(text)) void this.close();
    const failure = classifyToolFailure(stage, toolName, {
      exitCode: 1,
      timedOut: false,
      stalled: false,
      cancelled: false,
      tail: text,
      cpuMs: 0,
    });
    const logTail = `${this.tail.toString()}\n${text}`.slice(-4096);
    // It has tried smaller batches: see python/mergesweep_warm/scoring.py.
    const isFinal = op === 'evaluate' && failure.failureClass === 'out_of_memory';
    const tried = isFinal ? ' Half of the batch size, twice, did not help.' : '';
    return new StageFailedError(failure.failureClass, `${failure.message}${tried}`, {
      logTail,
      isFinal,
    });
  }

  private onEnd(end: ProcessEnd): void {
    const { pending } = this;
    if (pending === undefined) return;
    const { reason } = this.child.killer;
    pending.reject(
      classifyToolFailure(pending.request.stage, toolName, {
        ...end,
        timedOut: reason === 'timeout',
        stalled: reason === 'stall',
        cancelled: reason === 'cancel',
        tail: this.tail.toString(),
        cpuMs: 0,
      }),
    );
  }
}

interface WarmMessage {
  readonly id: number;
  readonly ok?: boolean;
  readonly result?: WarmReply & Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly message?: string;
  readonly progress?: { readonly activity: string; readonly done: number; readonly total: number };
}

/** Whole lines of a stream, however long. */
class BlockLines {
  private chunks = '';
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  write(chunk: Buffer): void {
    // JSON of Python's json.dumps: ASCII only, so no character is cut.
    const lines = (this.chunks + chunk.toString('latin1')).split('\n');
    this.chunks = lines.pop() ?? '';
    for (const line of lines) this.onLine(line);
  }
}
