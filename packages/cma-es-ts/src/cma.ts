import type { Candidate, CmaEvent, TellOutcome } from './events.js';
import { outcomeEvent } from './events.js';
import type { CmaOptions } from './options.js';
import { parseCmaState } from './parse-state.js';
import { type BestResult, type CmaState, createCmaState } from './state.js';
import { propose, step, type StepResult } from './step.js';
import { stopReasons } from './stop-reasons.js';

/** CMA-ES with ask and tell: a state that remembers itself. Everything it does is `step`. */
export class Cma {
  #state: CmaState;

  /** @throws CmaOptionsError when an option is out of its range */
  constructor(options: CmaOptions) {
    this.#state = createCmaState(options);
  }

  /** The whole search as plain JSON. Not a copy: never change it. */
  get state(): CmaState {
    return this.#state;
  }

  /** The best result told so far; null before the first. On noisy values measure it again before trusting it. */
  get best(): BestResult | null {
    return this.#state.best;
  }

  /**
   * The next point to evaluate. Always answers, however many candidates are open.
   *
   * @param attempt which of the proposals for it. @default 0
   * @throws CmaEventError when the attempt is not an integer in [0, 2^32)
   */
  ask(attempt = 0): Candidate {
    const { candidate } = this.#apply({ kind: 'ask', attempt });
    if (candidate === undefined) throw new Error('bug in cma-es-ts: ask gave no candidate');
    return candidate;
  }

  /**
   * The x that `ask(attempt)` would give next, injected points aside; nothing changes.
   *
   * @param attempt an integer in [0, 2^32)
   * @throws CmaEventError when it is not that
   */
  propose(attempt: number): readonly number[] {
    return propose(this.#state, attempt);
  }

  /**
   * Reports a candidate's value, which is minimised. Any order will do.
   *
   * @returns false, and nothing changes, when the id was told, failed or forgotten before
   * @throws CmaEventError when the id was never asked or the value is not finite
   */
  tell(id: number, value: number): boolean {
    return this.#apply({ kind: 'tell', id, value }).applied;
  }

  /**
   * Reports that the candidate itself is bad: it counts, ranked worst.
   *
   * @returns as `tell`
   * @throws CmaEventError when the id was never asked
   */
  fail(id: number): boolean {
    return this.#apply({ kind: 'fail', id }).applied;
  }

  /**
   * Gives a candidate up for reasons that are not its own: it does not count.
   *
   * @returns as `tell`
   * @throws CmaEventError when the id was never asked
   */
  forget(id: number): boolean {
    return this.#apply({ kind: 'forget', id }).applied;
  }

  /**
   * `tell`, `fail` or `forget`, by the outcome.
   *
   * @returns as `tell`
   * @throws CmaEventError as `tell`
   */
  report(id: number, outcome: TellOutcome): boolean {
    return this.#apply(outcomeEvent(id, outcome)).applied;
  }

  /**
   * Puts a known point in line: the next ask hands it out.
   *
   * @param x n numbers in [0, 1]
   * @throws CmaEventError when it is not that
   */
  inject(x: readonly number[]): void {
    this.#apply({ kind: 'inject', x });
  }

  /**
   * Counts a result that was found elsewhere; far points are pulled near.
   *
   * @param x n numbers in [0, 1]
   * @param value minimised, finite
   * @throws CmaEventError when they are not that
   */
  tellForeign(x: readonly number[], value: number): void {
    this.#apply({ kind: 'foreign', x, value });
  }

  /** Why going on is of no use, each reason with its limit; empty while it is. See `stopReasons`. */
  stopReasons(): Record<string, number> {
    return stopReasons(this.#state);
  }

  /** The state, for `JSON.stringify`. */
  toJSON(): CmaState {
    return this.#state;
  }

  /**
   * Continues from a state, bit by bit as if it had never stopped.
   *
   * @param state what `JSON.parse` gave, or a CmaState
   * @throws CmaStateError when it is not a state that this version wrote
   */
  static fromJSON(state: unknown): Cma {
    const parsed = parseCmaState(state);
    const cma = new Cma(parsed.options);
    cma.#state = parsed;
    return cma;
  }

  #apply(event: CmaEvent): StepResult {
    const result = step(this.#state, event);
    this.#state = result.state;
    return result;
  }
}
