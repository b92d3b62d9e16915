/** A program that reads a job a line and answers a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineProgram<Job, Answer> {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<string>;
  readonly #name: string;
  #complaint = '';

  /** @param env beside this process's own */
  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#name = [command, ...args].join(' ');
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#closed = new Promise((resolve) => {
      child.on('error', ({ message }) => {
        resolve(message);
      });
      child.on('close', (code) => {
        resolve(`it ended with code ${String(code)}`);
      });
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = `${this.#complaint}${chunk.toString()}`.slice(-4000);
    });
    // A program that has ended says so by its exit code.
    child.stdin.on('error', () => undefined);
  }

  /** One at a time. @throws when the program ends before it has answered, with what it wrote on standard error */
  async ask(job: Job): Promise<Answer> {
    return JSON.parse(await this.askLine(job)) as Answer;
  }

  /** The answer as it was written. */
  async askLine(job: Job): Promise<string> {
    this.#child.stdin?.write(`${JSON.stringify(job)}\n`);
    const next = await this.#lines.next();
    if (next.done !== true) return next.value;
    const reason = await this.#closed;
    throw new Error(`${this.#name}: ${reason} at ${JSON.stringify(job)}\n${this.#complaint}`);
  }

  close(): void {
    this.#child.stdin?.end();
    this.#child.kill();
  }
}
