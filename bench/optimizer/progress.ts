/** Says how far a long list is, at most every half minute. */
export class Progress {
  #done = 0;
  #saidAt = performance.now();
  readonly #started = performance.now();

  readonly #what: string;
  readonly #total: number;
  readonly #say: (text: string) => void;

  constructor(what: string, total: number, say: (text: string) => void) {
    this.#what = what;
    this.#total = total;
    this.#say = say;
  }

  step(): void {
    this.#done += 1;
    const now = performance.now();
    const isLast = this.#done === this.#total;
    if (now - this.#saidAt < 30_000 && !isLast) return;
    this.#saidAt = now;
    const seconds = (now - this.#started) / 1000;
    const left = isLast
      ? ''
      : `, about ${Math.ceil((seconds / this.#done) * (this.#total - this.#done))} s left`;
    this.#say(`${this.#what}: ${this.#done} of ${this.#total} in ${seconds.toFixed(0)} s${left}`);
  }
}
