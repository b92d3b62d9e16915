/** A process that is started again whenever it ends, as systemd would, until it is told to end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly atMs: number;
}

export interface KeptOptions {
  readonly command: Command;
  /** Gets standard error, and standard output where nobody listens to it. */
  readonly logPath: string;
  /** Variables of the next start. */
  readonly nextEnv: () => Readonly<Record<string, string>>;
  readonly restartAfterMs: () => number;
  readonly onLine?: (line: string) => void;
  readonly onStart: (pid: number) => void;
  /** Returns whether it is to be started again. */
  readonly onExit: (exit: Exit, pid: number) => boolean;
}

export class KeptProcess {
  private readonly options: KeptOptions;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isEnding = false;

  constructor(options: KeptOptions) {
    this.options = options;
  }

  /** Undefined while there is none. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    const { command, nextEnv } = this.options;
    this.take(startProcess(command, this.options.logPath, nextEnv(), this.options.onLine));
  }

  /** Makes a process that runs already the kept one. */
  take(child: ChildProcess): void {
    this.child = child;
    clearTimeout(this.timer);
    const { pid = 0 } = child;
    const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.child !== child) return;
      this.child = undefined;
      const isWanted = this.options.onExit({ code, signal, atMs: Date.now() }, pid);
      if (isWanted && !this.isEnding) this.startLater();
    };
    if (child.exitCode !== null || child.signalCode !== null)
      onEnd(child.exitCode, child.signalCode);
    else {
      child.once('exit', onEnd);
      this.options.onStart(pid);
    }
  }

  /** Lets go of the process and of its next start; returns the process. */
  drop(): ChildProcess | undefined {
    const { child } = this;
    this.child = undefined;
    clearTimeout(this.timer);
    return child;
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** No further start; resolves when the process has ended, which the signal asks for. */
  async end(name: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.isEnding = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) return;
    const ended = untilExit(child);
    child.kill('SIGCONT');
    child.kill(name);
    await ended;
  }

  private startLater(): void {
    this.timer = setTimeout(() => {
      this.start();
    }, this.options.restartAfterMs());
  }
}

export function startProcess(
  { program, args, env, cwd }: Command,
  logPath: string,
  moreEnv: Readonly<Record<string, string>>,
  onLine?: (line: string) => void,
): ChildProcess {
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, {
    ...{ cwd, env: { ...env, ...moreEnv } },
    stdio: ['ignore', onLine === undefined ? log : 'pipe', log],
  });
  closeSync(log);
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  });
  return child;
}

export function untilExit(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else
      child.once('exit', () => {
        resolve();
      });
  });
}
