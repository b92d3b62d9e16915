export interface HeldSecondsOptions {
  /** Monotonic, ms. @default performance.now */
  readonly now?: () => number;
  /** More than this at once count as this many. @default all count */
  readonly mostAtOnce?: number;
}

/** Sums how many are held over time: cards that an attempt has, waits that it is in. */
export class HeldSeconds {
  /** Told when it changes how many are held. */
  onChange: () => void = () => undefined;
  private held = 0;
  private countedMs = 0;
  private since: number;
  private readonly now: () => number;
  private readonly mostAtOnce: number;

  constructor({ now = () => performance.now(), mostAtOnce = Infinity }: HeldSecondsOptions = {}) {
    this.now = now;
    this.mostAtOnce = mostAtOnce;
    this.since = now();
  }

  /** How many are counted now. */
  get rate(): number {
    return Math.min(this.held, this.mostAtOnce);
  }

  /** Held × seconds so far, to the millisecond. */
  get total(): number {
    return Math.round(this.countedMs + this.rate * (this.now() - this.since)) / 1000;
  }

  /** Counts so many more until the returned function is called; a second call does nothing. */
  take(count: number): () => void {
    this.change(count);
    let isTaken = true;
    return () => {
      if (isTaken) this.change(-count);
      isTaken = false;
    };
  }

  /** Counts so many more while `work` goes on, however that ends. */
  async during<T>(count: number, work: () => Promise<T>): Promise<T> {
    const release = this.take(count);
    try {
      return await work();
    } finally {
      release();
    }
  }

  private change(by: number): void {
    const now = this.now();
    this.countedMs += this.rate * (now - this.since);
    this.since = now;
    this.held += by;
    this.onChange();
  }
}
