// A counter-based generator: a number is a function of (seed, id, coordinate, attempt), so there is no generator state to store
// and nothing depends on the order in which results come back. Philox4x32-10 of Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3" (SC'11), written from the paper; integer arithmetic, the same bits everywhere.
import { inverseNormal } from './inverse-normal.js';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const TWO_32 = 2 ** 32;

/** Four 32-bit words. */
export type Words = readonly [number, number, number, number];

/** Philox4x32-10: mixes a 128-bit counter under a 64-bit key into 128 random bits. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The upper 32 bits of the 64-bit product of two 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // < 2^32
  const carry = aLow * bHigh + (middle & 0xffff); // < 2^32
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * A uniform number in the open interval (0, 1), with 52 random bits.
 *
 * @param seed a safe integer ≥ 0
 * @param id the candidate's id, a safe integer ≥ 0
 * @param coordinate an integer in [0, 2^32)
 * @param attempt an integer in [0, 2^32): another draw for the same candidate. @default 0
 */
export function uniform(seed: number, id: number, coordinate: number, attempt = 0): number {
  const counter: Words = [id >>> 0, Math.floor(id / TWO_32), coordinate, attempt];
  const [word0, word1] = philox(counter, [seed >>> 0, Math.floor(seed / TWO_32)]);
  return ((word0 >>> 6) * 2 ** 26 + (word1 >>> 6) + 0.5) / 2 ** 52;
}

/** A standard normal number; same arguments, same number. */
export function normal(seed: number, id: number, coordinate: number, attempt = 0): number {
  return inverseNormal(uniform(seed, id, coordinate, attempt));
}
