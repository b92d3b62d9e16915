/**
 * Sobol' points in the unit box, scrambled: any 2^k of the first ones fill it evenly. A point is a
 * function of (seed, index), so points can be evaluated in any order and at any time.
 */
import { hashIntegers } from './counter-random.js';

/** As many as there are direction numbers for: 16 parents have 33 searched numbers. */
export const mostSobolDimensions = 48;

/**
 * Of the second dimension and those after it: primitive polynomial (its coefficients as bits) and
 * initial direction numbers. The first of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with
 * better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), `new-joe-kuo-6`.
 */
const directionSeeds: readonly (readonly number[])[] = [
  [3, 1],
  [7, 1, 3],
  [11, 1, 3, 1],
  [13, 1, 1, 1],
  [19, 1, 1, 3, 3],
  [25, 1, 3, 5, 13],
  [37, 1, 1, 5, 5, 17],
  [41, 1, 1, 5, 5, 5],
  [47, 1, 1, 7, 11, 19],
  [55, 1, 1, 5, 1, 1],
  [59, 1, 1, 1, 3, 11],
  [61, 1, 3, 5, 5, 31],
  [67, 1, 3, 3, 9, 7, 49],
  [91, 1, 1, 1, 15, 21, 21],
  [97, 1, 3, 1, 13, 27, 49],
  [103, 1, 1, 1, 15, 7, 5],
  [109, 1, 3, 1, 15, 13, 25],
  [115, 1, 1, 5, 5, 19, 61],
  [131, 1, 3, 7, 11, 23, 15, 103],
  [137, 1, 3, 7, 13, 13, 15, 69],
  [143, 1, 1, 3, 13, 7, 35, 63],
  [145, 1, 3, 5, 9, 1, 25, 53],
  [157, 1, 3, 1, 13, 9, 35, 107],
  [167, 1, 3, 1, 5, 27, 61, 31],
  [171, 1, 1, 5, 11, 19, 41, 61],
  [185, 1, 3, 5, 3, 3, 13, 69],
  [191, 1, 1, 7, 13, 1, 19, 1],
  [193, 1, 3, 7, 5, 13, 19, 59],
  [203, 1, 1, 3, 9, 25, 29, 41],
  [211, 1, 3, 5, 13, 23, 1, 55],
  [213, 1, 3, 7, 3, 13, 59, 17],
  [229, 1, 3, 1, 3, 5, 53, 69],
  [239, 1, 1, 5, 5, 23, 33, 13],
  [241, 1, 1, 7, 7, 1, 61, 123],
  [247, 1, 1, 7, 9, 13, 61, 49],
  [253, 1, 3, 3, 5, 3, 55, 33],
  [285, 1, 3, 1, 15, 31, 13, 49, 245],
  [299, 1, 3, 5, 15, 31, 59, 63, 97],
  [301, 1, 3, 1, 11, 11, 11, 77, 249],
  [333, 1, 3, 1, 11, 27, 43, 71, 9],
  [351, 1, 1, 7, 15, 21, 11, 81, 45],
  [355, 1, 3, 7, 3, 25, 31, 65, 79],
  [357, 1, 3, 1, 1, 19, 11, 3, 205],
  [361, 1, 1, 5, 9, 19, 21, 29, 157],
  [369, 1, 3, 7, 11, 1, 33, 89, 185],
  [391, 1, 3, 3, 3, 15, 9, 79, 71],
  [397, 1, 3, 7, 11, 15, 39, 119, 27],
];

const bits = 32;
const directions: readonly (readonly number[])[] = [
  Array.from({ length: bits }, (_, bit) => (1 << (bits - 1 - bit)) >>> 0),
  ...directionSeeds.map(toDirections),
];

/** Joe and Kuo's recurrence, their eq. 2. */
function toDirections([polynomial = 0, ...initial]: readonly number[]): number[] {
  const degree = initial.length;
  const numbers = initial.map((m, index) => (m << (bits - 1 - index)) >>> 0);
  for (let index = degree; index < bits; index++) {
    const last = numbers[index - degree] ?? 0;
    let next = last ^ (last >>> degree);
    for (let k = 1; k < degree; k++) {
      if ((polynomial >>> (degree - k)) & 1) next ^= numbers[index - k] ?? 0;
    }
    numbers.push(next >>> 0);
  }
  return numbers;
}

/**
 * Coordinates in (0, 1), the same for the same (seed, index).
 *
 * @param index from 0
 * @throws RangeError above 48 dimensions
 */
export function sobolPoint(seed: number, index: number, dimensions: number): number[] {
  if (dimensions > mostSobolDimensions) {
    throw new RangeError(
      `Sobol points have at most ${mostSobolDimensions} dimensions here, asked for ${dimensions}: ` +
        'fix some parameters to a number, or set optimizer.name to random',
    );
  }
  return Array.from({ length: dimensions }, (_, dimension) => {
    const word = scramble(sobolWord(index, dimension), hashIntegers(seed, dimension));
    return (word + 0.5) / 2 ** bits;
  });
}

/** The plain sequence, as 32-bit fractions: in the order of the binary digits, not of the Gray code. */
export function sobolWord(index: number, dimension: number): number {
  const numbers = directions[dimension] ?? [];
  let word = 0;
  for (let rest = index >>> 0, bit = 0; rest !== 0; rest >>>= 1, bit++) {
    if (rest & 1) word ^= numbers[bit] ?? 0;
  }
  return word >>> 0;
}

/**
 * Owen's nested uniform scrambling by a hash in which a bit changes higher ones only, of the word
 * turned round (B. Burley, "Practical hash-based Owen scrambling", JCGT 9 (2020), 4).
 */
function scramble(word: number, seed: number): number {
  let x = reverseBits(word);
  x = (x + seed) | 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return reverseBits(x);
}

function reverseBits(word: number): number {
  let x = word >>> 0;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}
