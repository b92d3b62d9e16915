/** Random numbers of a seed, in streams that do not disturb each other. */

/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, and good enough to choose faults with. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream: string) {
    [this.#a, this.#b, this.#c] = [
      mix(seed, stream, 1),
      mix(seed, stream, 2),
      mix(seed, stream, 3),
    ];
    for (let i = 0; i < 12; i += 1) this.next();
  }

  /** 0 ≤ x < 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }

  /** 0 … count − 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Times between events that come at a constant rate. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as Item, shuffled[i] as Item];
    }
    return shuffled;
  }
}

/** 32 bits of (seed, stream, round): FNV-1a with murmur's finish. */
function mix(seed: number, stream: string, round: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${stream}/${round}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** A number from 0 to 1 that is a function of the text alone. */
export function toUnit(text: string): number {
  return (mix(0, text, 0) >>> 0) / 4_294_967_296;
}
