/**
 * Random numbers without a generator: each is a function of what it is for, so nothing depends on
 * the order in which trials end, and there is no state to store. 32-bit integer arithmetic, the same
 * bits everywhere.
 */

/** 32 random bits for these integers; any bit of them counts up to 2^32. */
export function hashIntegers(...integers: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const integer of integers) hash = mix((hash ^ integer) >>> 0) + 0x9e3779b9;
  return mix(hash >>> 0);
}

/** In [0, 1), with 53 random bits. */
export function uniform(...integers: readonly number[]): number {
  const high = hashIntegers(...integers, 0) >>> 5;
  const low = hashIntegers(...integers, 1) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** Of N(0, 1), by Box and Muller. */
export function normal(...integers: readonly number[]): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(...integers, 2)));
  return radius * Math.cos(2 * Math.PI * uniform(...integers, 3));
}

/** A bijection of 32-bit words in which every bit changes about half of them (Wellons' triple32). */
function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return (x ^ (x >>> 14)) >>> 0;
}
