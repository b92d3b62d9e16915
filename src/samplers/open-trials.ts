import type { OptimizerEvent } from './sampler.js';

/** Trials that were asked for and have not ended, each with what its sampler knows it by. */
export class OpenTrials<Known> {
  readonly #open: Map<string, Known>;

  constructor(open: Iterable<readonly [trial: string, known: Known]> = []) {
    this.#open = new Map(open);
  }

  /** @throws Error when it is open already */
  refuseTwice(trial: string): void {
    if (this.#open.has(trial)) throw new Error(`trial ${trial} was asked for twice`);
  }

  open(trial: string, known: Known): void {
    this.#open.set(trial, known);
  }

  /** @throws Error when it is not open */
  close({ kind, trial }: OptimizerEvent): Known {
    const known = this.#open.get(trial);
    if (known === undefined) throw new Error(`${kind} of trial ${trial}, which is not open`);
    this.#open.delete(trial);
    return known;
  }

  get size(): number {
    return this.#open.size;
  }

  /** In the order of asking. */
  toJSON(): (readonly [trial: string, known: Known])[] {
    return [...this.#open];
  }
}
