/** Runs the cases of one target and confirms what looks like a hang before it says so. */
import type { Violation } from './fuzzer.js';
import type { CaseReport } from './messages.js';
import { TargetProcess, type Answer } from './target-process.js';

const mostCaseBytes = 64 * 1024 * 1024;
/** Growth of a process from a tenth of its cases to the end. */
const mostGrowthBytes = 192 * 1024 * 1024;
const inFlight = 8;
const confirmations = 3;
/** Cases before the one that is confirmed: code that runs for the first time is compiled first. */
const warmUps = 20;
/** Further violations of a target are counted, and neither minimised nor confirmed. */
const mostConfirmed = 25;

export interface TargetOrder {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  /** After so long no further case is sent. */
  readonly seconds?: number;
  /** CPU time of one case: more is a hang. */
  readonly hangMs: number;
  readonly outDir: string;
  readonly onViolation: (index: number, violation: Violation, file?: string) => void;
  readonly onProgress: (done: number, all: number) => void;
}

export interface TargetRun {
  readonly cases: number;
  /** What became of the cases, by label. */
  readonly tally: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly peakBytes: number;
  readonly violations: readonly Violation[];
}

export async function runTarget(order: TargetOrder): Promise<TargetRun> {
  const run = new Run(order);
  try {
    return await run.go();
  } finally {
    await run.close();
  }
}

/** One case alone, as `--replay` wants it. */
export async function replayCase(
  order: Pick<TargetOrder, 'target' | 'seed' | 'outDir'>,
  index: number,
): Promise<Answer> {
  const process = new TargetProcess(order.target, order.seed, order.outDir);
  try {
    await process.ready();
    process.send({ index });
    return await process.next();
  } finally {
    await process.kill();
  }
}

class Run {
  readonly #order: TargetOrder;
  readonly #tally: Record<string, number> = {};
  readonly #violations: Violation[] = [];
  #process: TargetProcess;
  #slowestMs = 0;
  #peakBytes = 0;
  #earlyRss: number | undefined;
  /** Looked at again when all else is done. */
  readonly #slow: number[] = [];

  constructor(order: TargetOrder) {
    this.#order = order;
    this.#process = this.#start();
  }

  async go(): Promise<TargetRun> {
    const { cases, seconds = Infinity, onProgress } = this.#order;
    const all = (await this.#process.ready()) ?? cases;
    const deadline = performance.now() + seconds * 1000;
    let [sent, done] = [0, 0];
    let peak = Infinity;
    while (done < all) {
      while (sent < all && sent - done < inFlight && performance.now() < deadline)
        this.#process.send({ index: sent++ });
      if (sent === done) break;
      const answer = await this.#process.next();
      done = answer.index + 1;
      if ('lost' in answer) {
        await this.#lose(answer);
        // What was sent after it is sent again.
        [sent, peak] = [done, Infinity];
        continue;
      }
      await this.#take(answer, peak);
      peak = answer.peakBytes;
      if (done === Math.ceil(all / 10)) this.#earlyRss = answer.rssBytes;
      if (done === all) this.#checkGrowth(answer);
      if (done % 1000 === 0) onProgress(done, all);
    }
    await this.#confirmSlow();
    return {
      cases: done,
      tally: this.#tally,
      slowestMs: this.#slowestMs,
      peakBytes: this.#peakBytes,
      violations: this.#violations,
    };
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  #start(): TargetProcess {
    const { target, seed, outDir } = this.#order;
    return new TargetProcess(target, seed, outDir);
  }

  async #take(report: CaseReport, peakBefore: number): Promise<void> {
    const { index, verdict, cpuMs, peakBytes, file } = report;
    this.#peakBytes = Math.max(this.#peakBytes, peakBytes);
    if (verdict.kind !== 'fine') {
      this.#note(index, verdict, file);
      return;
    }
    this.#tally[verdict.label] = (this.#tally[verdict.label] ?? 0) + 1;
    if (cpuMs > this.#order.hangMs) this.#slow.push(index);
    else this.#slowestMs = Math.max(this.#slowestMs, cpuMs);
    if (peakBytes - peakBefore > mostCaseBytes && this.#isWorthConfirming()) {
      const least = await this.#leastAlone(index, (alone, before) => alone.peakBytes - before);
      if (least.value > mostCaseBytes) {
        const message = `${(least.value / 2 ** 20).toFixed(0)} MiB for one case, ${confirmations} times alone`;
        this.#note(index, { kind: 'memory', message }, least.file);
      }
    }
  }

  /** The process is gone or silent: is it the case? */
  async #lose({ index, lost, how }: Extract<Answer, { lost: string }>): Promise<void> {
    await this.#process.kill();
    this.#process = this.#start();
    await this.#process.ready();
    const kind = lost === 'died' ? 'crash' : 'hang';
    const file = await this.#writeAlone(index);
    for (let round = 0; round < confirmations; round++) {
      const alone = await this.#alone(index);
      if ('lost' in alone.answer) continue;
      // A machine that was too busy is no hang; a process that died once is seen all the same.
      if (lost === 'silent') return;
    }
    this.#note(index, { kind, message: how }, file);
  }

  /** In the process that is warm by now: what is slow there is slow. */
  async #confirmSlow(): Promise<void> {
    const { hangMs } = this.#order;
    for (const index of this.#slow) {
      if (!this.#isWorthConfirming()) return;
      let least = Infinity;
      for (let round = 0; round < confirmations && least > hangMs; round++) {
        this.#process.send({ index });
        const answer = await this.#process.next();
        if ('lost' in answer) {
          await this.#lose(answer);
          break;
        }
        least = Math.min(least, answer.cpuMs);
      }
      if (least <= hangMs) this.#slowestMs = Math.max(this.#slowestMs, least);
      else if (least < Infinity) {
        const message = `${least.toFixed(0)} ms of CPU time, the least of ${confirmations} times alone`;
        this.#note(index, { kind: 'hang', message }, await this.#writeAlone(index));
      }
    }
  }

  async #leastAlone(
    index: number,
    measure: (report: CaseReport, peakBefore: number) => number,
  ): Promise<{ value: number; file?: string }> {
    let value = Infinity;
    for (let round = 0; round < confirmations; round++) {
      const { answer, peakBefore } = await this.#alone(index);
      if (!('lost' in answer)) value = Math.min(value, measure(answer, peakBefore));
    }
    return { value, file: await this.#writeAlone(index) };
  }

  async #alone(index: number): Promise<{ answer: Answer; peakBefore: number }> {
    const alone = this.#start();
    try {
      const count = (await alone.ready()) ?? this.#order.cases;
      let peakBefore = Infinity;
      for (let other = 0; other < Math.min(warmUps, count); other++) {
        if (other === index) continue;
        alone.send({ index: other });
        const warm = await alone.next();
        if ('lost' in warm) break;
        peakBefore = warm.peakBytes;
      }
      alone.send({ index });
      return { answer: await alone.next(), peakBefore };
    } finally {
      await alone.kill();
    }
  }

  async #writeAlone(index: number): Promise<string> {
    const alone = this.#start();
    try {
      await alone.ready();
      alone.send({ index, isWriteOnly: true });
      const answer = await alone.next();
      return 'lost' in answer ? 'not written' : (answer.file ?? 'not written');
    } finally {
      await alone.kill();
    }
  }

  #isWorthConfirming(): boolean {
    return this.#violations.length < mostConfirmed;
  }

  #checkGrowth({ index, rssBytes }: CaseReport): void {
    const growth = rssBytes - (this.#earlyRss ?? rssBytes);
    if (growth <= mostGrowthBytes) return;
    const message = `the process grew by ${(growth / 2 ** 20).toFixed(0)} MiB over its cases`;
    this.#note(index, { kind: 'memory', message });
  }

  #note(index: number, violation: Violation, file?: string): void {
    this.#violations.push(violation);
    this.#order.onViolation(index, violation, file);
  }
}
