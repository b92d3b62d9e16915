import type { Flags } from './flags.js';
import type { SeedResult } from './run-seed.js';

const secondsBetweenLines = 20;
/** Every kind is in the summary, also where there was none. */
const kinds = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I6',
  'scheduler',
  'reply',
  'log',
  'replay',
  'liveness',
  'refused',
  'end',
  'broken',
];

/** Which seed comes next, and what came of those before. */
export class Tally {
  readonly #flags: Flags;
  readonly #print: (line: string) => void;
  readonly #startedMs = performance.now();
  readonly #violations = new Map(kinds.map((kind) => [kind, 0]));
  readonly #cases = { seeds: 0, finished: 0, scored: 0, events: 0, crashes: 0, runs: 0 };
  #given = 0;
  #printedMs = performance.now();

  constructor(flags: Flags, print: (line: string) => void) {
    this.#flags = flags;
    this.#print = print;
  }

  get isClean(): boolean {
    return [...this.#violations.values()].every((count) => count === 0);
  }

  /** Undefined when there is none left, or no time. */
  next(): number | undefined {
    const { seed, seeds, seconds } = this.#flags;
    if (this.#given >= seeds || this.#seconds() >= seconds) return undefined;
    return seed + this.#given++;
  }

  add({ plan, violations, isFinished, ...result }: SeedResult): void {
    const cases = this.#cases;
    cases.seeds += 1;
    cases.finished += Number(isFinished);
    cases.scored += result.scored;
    cases.events += result.events;
    cases.crashes += result.crashes;
    cases.runs += result.runs;
    for (const { kind, text, at } of violations.slice(0, 3)) {
      this.#print(`seed ${plan.seed}, ${at.toFixed(0)} s in: ${kind}: ${text.slice(0, 4000)}`);
    }
    const kindsHere = new Set(violations.map(({ kind }) => kind));
    for (const kind of kindsHere) {
      this.#violations.set(kind, (this.#violations.get(kind) ?? 0) + 1);
    }
    if (kindsHere.size > 0) {
      const { mode, trials } = this.#flags;
      this.#print(
        `  again: npm run sim -- --seed ${plan.seed} --mode ${mode} --trials ${trials} --trace`,
      );
    }
    const now = performance.now();
    if (now - this.#printedMs < secondsBetweenLines * 1000) return;
    this.#printedMs = now;
    this.#print(`${cases.seeds} seeds, ${cases.scored} scores, ${cases.crashes} crashes`);
  }

  /** One line of JSON. */
  summary(): string {
    return JSON.stringify({
      program: 'sim',
      seed: this.#flags.seed,
      cases: this.#cases,
      violations: Object.fromEntries(this.#violations),
      seconds: Math.round(this.#seconds() * 10) / 10,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }
}
