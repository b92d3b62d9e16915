/** Numbers of one case: the same for the same (seed, target, index), whatever ran before. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(...parts: readonly (string | number)[]) {
    const next = hashWords(parts.join(':'));
    [this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next()];
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Uniform in [0, 1): sfc32, as in PractRand. */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  /** 0 … below − 1 */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(least: number, most: number): number {
    return least + this.integer(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @param values at least one */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)] as T;
  }

  /** 1 most often, seldom many: how often a case is mutated. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.chance(0.4)) count++;
    return count;
  }
}

/** MurmurHash3's mixing over the text, as a source of 32-bit words. */
function hashWords(text: string): () => number {
  let hash = 1779033703 ^ text.length;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    return (hash ^= hash >>> 16) | 0;
  };
}
