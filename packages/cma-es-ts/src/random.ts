// A counter-based generator: a number is a function of (seed, id, coordinate, attempt, stream), so there is no generator
// state to store and nothing depends on the order in which results come back. Philox4x32-10 of Salmon, Moraes, Dror and
// Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC'11), written from the paper; integer arithmetic, the same bits
// everywhere.
//
// The counter is (id low, id high, pair + stream · 2^24, attempt), the key (seed low, seed high). One call gives four
// words: the first two are coordinate 2 · pair, the last two coordinate 2 · pair + 1.
import { inverseNormal } from './inverse-normal.js';

const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;
const ROUNDS = 10;
const TWO_32 = 2 ** 32;

/** What numbers are for; two streams never share one. Streams 1 to 100 are the redraws of bounds: 'resample'. */
export const streams = { sample: 0, restartMean: 200, restartRegime: 201, climb: 202 } as const;
const STREAM_UNIT = 2 ** 24;

/** Four 32-bit words. */
export type Words = readonly [number, number, number, number];

// The latest output. Not state: every reader fills it first. An array for each call would cost more than the mixing.
const words = new Int32Array(4);

/** Philox4x32-10: mixes a 128-bit counter under a 64-bit key into 128 random bits. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  mix(counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  return [word(0) >>> 0, word(1) >>> 0, word(2) >>> 0, word(3) >>> 0];
}

/** Philox into `words`; signed words throughout, whose bits are those of the unsigned ones. */
function mix(x0: number, x1: number, x2: number, x3: number, key0: number, key1: number): void {
  let c0 = x0 | 0;
  let c1 = x1 | 0;
  let c2 = x2 | 0;
  let c3 = x3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** The upper 32 bits of the 64-bit product of two unsigned words; no partial sum reaches 2^32. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

function word(index: number): number {
  return words[index] ?? 0;
}

/** In the open interval (0, 1), with 52 random bits. */
function toUniform(high: number, low: number): number {
  return ((high >>> 6) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 52;
}

function mixPair(seed: number, id: number, pair: number, attempt: number, stream: number): void {
  const third = pair + stream * STREAM_UNIT;
  mix(id, Math.floor(id / TWO_32), third, attempt, seed, Math.floor(seed / TWO_32));
}

/**
 * A uniform number in the open interval (0, 1), with 52 random bits.
 *
 * @param seed a safe integer ≥ 0
 * @param id the candidate's id, a safe integer ≥ 0
 * @param coordinate an integer in [0, 2^25)
 * @param attempt an integer in [0, 2^32): another draw for the same candidate. @default 0
 * @param stream one of `streams`, or the number of a redraw. @default streams.sample
 */
export function uniform(
  seed: number,
  id: number,
  coordinate: number,
  attempt = 0,
  stream: number = streams.sample,
): number {
  mixPair(seed, id, Math.floor(coordinate / 2), attempt, stream);
  return coordinate % 2 === 0 ? toUniform(word(0), word(1)) : toUniform(word(2), word(3));
}

/** A standard normal number; same arguments, same number. */
export function normal(
  seed: number,
  id: number,
  coordinate: number,
  attempt = 0,
  stream: number = streams.sample,
): number {
  return inverseNormal(uniform(seed, id, coordinate, attempt, stream));
}

/** Fills z with `normal` of the coordinates 0 … z.length − 1, with half the mixing. */
export function fillNormal(
  z: Float64Array,
  seed: number,
  id: number,
  attempt = 0,
  stream: number = streams.sample,
): void {
  const count = z.length;
  for (let j = 0; j < count; j += 2) {
    mixPair(seed, id, j / 2, attempt, stream);
    z[j] = inverseNormal(toUniform(word(0), word(1)));
    if (j + 1 < count) z[j + 1] = inverseNormal(toUniform(word(2), word(3)));
  }
}
