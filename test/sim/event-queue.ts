/** What is to happen, by virtual time; at the same time in the order in which it was put in. */
export class EventQueue {
  readonly #heap: { readonly at: number; readonly order: number; readonly act: Act }[] = [];
  #order = 0;
  /** Seconds since the seed began. */
  now = 0;

  /** @param delay seconds, ≥ 0 */
  after(delay: number, act: Act): void {
    const entry = { at: this.now + Math.max(0, delay), order: this.#order++, act };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Moves the time on to the next event and takes it out; undefined when there is none. */
  take(): Act | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (first !== last) this.#sink(last);
    this.now = first.at;
    return first.act;
  }

  #sink(entry: { readonly at: number; readonly order: number; readonly act: Act }): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, entry)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = entry;
  }
}

export type Act = () => void | Promise<void>;

const isBefore = (
  a: { readonly at: number; readonly order: number },
  b: { readonly at: number; readonly order: number },
): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
