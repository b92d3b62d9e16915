import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaseOrder, CaseReport, ReadyMessage } from './messages.js';

/** Far beyond what a case may need: a busy machine must not look like a hang. */
const silenceMs = 5000;
const startMs = 60_000;
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** What a case came to: an answer, or the end of the process that was to give it. */
export type Answer =
  CaseReport | { readonly index: number; readonly lost: 'silent' | 'died'; readonly how: string };

/** One process that answers cases, in the order in which it got them. */
export class TargetProcess {
  readonly #process: ChildProcess;
  readonly #answers: Answer[] = [];
  readonly #unanswered: number[] = [];
  #wake: () => void = () => undefined;
  #count: number | undefined;
  #isReady = false;
  #end: string | undefined;
  #errors = '';

  constructor(target: string, seed: number, outDir: string) {
    this.#process = fork(child, [target, String(seed), outDir], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A case that needs more ends the process, which is seen.
      execArgv: [...process.execArgv, '--max-old-space-size=512'],
    });
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-4000);
    });
    this.#process.on('message', (message: ReadyMessage | CaseReport) => {
      if ('ready' in message) [this.#isReady, this.#count] = [true, message.count];
      else {
        this.#unanswered.shift();
        this.#answers.push(message);
      }
      this.#wake();
    });
    this.#process.on('exit', (code, signal) => {
      this.#end = `its process ended (${signal ?? `exit code ${code ?? '?'}`})\n${this.#errors}`;
      this.#wake();
    });
  }

  /** @returns how many cases the target has, where it has only so many */
  async ready(): Promise<number | undefined> {
    const end = performance.now() + startMs;
    while (!this.#isReady) {
      if (this.#end !== undefined) throw new Error(`a target did not start: ${this.#end}`);
      if (performance.now() > end) throw new Error('a target did not start within a minute');
      await this.#sleep(end - performance.now());
    }
    return this.#count;
  }

  send(order: CaseOrder): void {
    this.#unanswered.push(order.index);
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }

  /** The next answer. Of a process that died or fell silent it is the case that it was at; then kill it. */
  async next(): Promise<Answer> {
    const end = performance.now() + silenceMs;
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      const index = this.#unanswered[0];
      if (index === undefined) throw new Error('nothing was sent that could be answered');
      if (this.#end !== undefined) return { index, lost: 'died', how: this.#end };
      if (performance.now() > end)
        return { index, lost: 'silent', how: `no answer within ${silenceMs} ms` };
      await this.#sleep(end - performance.now());
    }
  }

  async kill(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#process.kill('SIGKILL');
    while (this.#process.exitCode === null && this.#process.signalCode === null)
      await this.#sleep(1000);
  }

  /** Lets it clean up after itself. */
  async close(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const end = performance.now() + silenceMs;
    while (this.#end === undefined && performance.now() < end)
      await this.#sleep(end - performance.now());
    await this.kill();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms) + 1);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
