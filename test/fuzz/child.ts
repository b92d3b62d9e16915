/** The process of one target: makes, checks and answers one case after the other. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fuzzer, Verdict } from './fuzzer.js';
import type { CaseOrder, CaseReport, ReadyMessage } from './messages.js';
import { SeededRandom } from './seeded-random.js';
import { loadFuzzer } from './targets/index.js';

const mostShrinkTries = 300;
const mostShrinkMs = 2000;
/** Of the first failures of a target: the others are most often the same. */
const mostShrunk = 5;
let shrunk = 0;

const [target = '', seed = '', outDir = ''] = process.argv.slice(2);
const fuzzer = await loadFuzzer(target);
const waiting: CaseOrder[] = [];
let isBusy = false;

process.on('message', (order: CaseOrder) => {
  waiting.push(order);
  if (!isBusy) void work();
});
process.on('disconnect', () => {
  fuzzer.close?.();
  process.exit();
});
send({ ready: true, ...(fuzzer.count !== undefined && { count: fuzzer.count }) });

async function work(): Promise<void> {
  isBusy = true;
  for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
    send(await answer(order));
    // So that a `disconnect` is heard between two cases.
    await new Promise((resolve) => setImmediate(resolve));
  }
  isBusy = false;
}

async function answer({ index, isWriteOnly }: CaseOrder): Promise<CaseReport> {
  const make = (): unknown => fuzzer.make(new SeededRandom(seed, target, index), index);
  if (isWriteOnly === true) {
    const file = writeCase(index, make());
    return { ...measured(index, { kind: 'fine', label: 'written' }, 0), file };
  }
  const input = make();
  const before = process.cpuUsage();
  const verdict = await judge(fuzzer, input);
  const { user, system } = process.cpuUsage(before);
  const report = measured(index, verdict, (user + system) / 1000);
  if (verdict.kind === 'fine') return report;
  return { ...report, file: writeCase(index, await shrink(input, verdict)) };
}

async function judge(under: Fuzzer<unknown>, input: unknown): Promise<Verdict> {
  try {
    return await under.check(input);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'crash', message };
  }
}

function measured(index: number, verdict: Verdict, cpuMs: number): CaseReport {
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { index, verdict, cpuMs, peakBytes, rssBytes: process.memoryUsage.rss() };
}

/** Greedy: the first smaller case that fails in the same way, again and again. */
async function shrink(input: unknown, verdict: Verdict): Promise<unknown> {
  if (++shrunk > mostShrunk) return input;
  const end = performance.now() + mostShrinkMs;
  let [best, tries] = [input, 0];
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const candidate of fuzzer.smaller?.(best) ?? []) {
      if (++tries > mostShrinkTries || performance.now() > end) return best;
      if ((await judge(fuzzer, candidate)).kind !== verdict.kind) continue;
      [best, isSmaller] = [candidate, true];
      break;
    }
  }
  return best;
}

function writeCase(index: number, input: unknown): string {
  mkdirSync(outDir, { recursive: true });
  const file = join(outDir, `${target}-${seed}-${index}`);
  writeFileSync(file, fuzzer.write(input));
  return file;
}

function send(message: ReadyMessage | CaseReport): void {
  process.send?.(message);
}
