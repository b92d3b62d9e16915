import { type Hyperparameters, JITTER } from './hyperparameters.js';
import { euclidean, matern52 } from './matern.js';

/**
 * The Cholesky factor of a kernel matrix and its inverse, row by row. `append` shares the rows there are, so that a
 * history that grows by a point costs n² operations and not n³.
 */
export class KernelFactor {
  readonly points: readonly (readonly number[])[];
  readonly #scaled: readonly Float64Array[];
  readonly #rows: readonly Float64Array[];
  readonly #inverseRows: readonly Float64Array[];
  readonly #inverseLengths: Float64Array;
  readonly signal: number;
  /** Noise variance, jitter included. */
  readonly noise: number;

  private constructor(
    parts: Pick<KernelFactor, 'points' | 'signal' | 'noise'>,
    inverseLengths: Float64Array,
    scaled: readonly Float64Array[],
    rows: readonly Float64Array[],
    inverseRows: readonly Float64Array[],
  ) {
    this.points = parts.points;
    this.signal = parts.signal;
    this.noise = parts.noise;
    this.#inverseLengths = inverseLengths;
    this.#scaled = scaled;
    this.#rows = rows;
    this.#inverseRows = inverseRows;
  }

  /** Of no point yet. */
  static empty({ logLengths, logSignal, logNoise }: Hyperparameters): KernelFactor {
    const inverseLengths = Float64Array.from(logLengths, (log) => Math.exp(-log));
    const signal = Math.exp(logSignal);
    const noise = Math.exp(logNoise) + JITTER;
    return new KernelFactor({ points: [], signal, noise }, inverseLengths, [], [], []);
  }

  get size(): number {
    return this.points.length;
  }

  append(points: readonly (readonly number[])[]): KernelFactor {
    if (points.length === 0) return this;
    const scaled = [...this.#scaled];
    const rows = [...this.#rows];
    const inverseRows = [...this.#inverseRows];
    for (const point of points) {
      const z = this.#scale(point);
      const covariances = covariancesWith(scaled, z, this.signal);
      const row = new Float64Array(scaled.length + 1);
      row.set(multiplyRows(inverseRows, covariances));
      let explained = 0;
      for (const value of row) explained += value * value;
      // The noise keeps it positive; repeated points without noise lose it in rounding.
      const pivot = Math.sqrt(Math.max(JITTER, this.signal + this.noise - explained));
      row[scaled.length] = pivot;
      inverseRows.push(nextInverseRow(inverseRows, row));
      scaled.push(z);
      rows.push(row);
    }
    const { signal, noise } = this;
    const all = [...this.points, ...points];
    return new KernelFactor(
      { points: all, signal, noise },
      this.#inverseLengths,
      scaled,
      rows,
      inverseRows,
    );
  }

  /** Covariances of the noise-free function at x with it at the points. */
  covariances(x: readonly number[]): Float64Array {
    return covariancesWith(this.#scaled, this.#scale(x), this.signal);
  }

  /** L⁻¹ v */
  whiten(v: Float64Array): Float64Array {
    return multiplyRows(this.#inverseRows, v);
  }

  /** L v, of its row i alone. */
  rowTimes(i: number, v: Float64Array): number {
    const row = this.#rows[i] ?? new Float64Array();
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += (row[j] ?? 0) * (v[j] ?? 0);
    return sum;
  }

  /** L⁻ᵀ v */
  whitenTransposed(v: Float64Array): Float64Array {
    const product = new Float64Array(v.length);
    this.#inverseRows.forEach((row, i) => {
      const vi = v[i] ?? 0;
      for (let j = 0; j < row.length; j++) product[j] = (product[j] ?? 0) + (row[j] ?? 0) * vi;
    });
    return product;
  }

  #scale(point: readonly number[]): Float64Array {
    return Float64Array.from(point, (value, k) => value * (this.#inverseLengths[k] ?? 0));
  }
}

function covariancesWith(
  scaled: readonly Float64Array[],
  z: Float64Array,
  signal: number,
): Float64Array {
  return Float64Array.from(
    scaled,
    (other) => signal * matern52(euclidean(z, 0, other, 0, z.length)),
  );
}

/** A v for a lower triangular A given by its rows. */
function multiplyRows(rows: readonly Float64Array[], v: Float64Array): Float64Array {
  const product = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? product;
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += (row[j] ?? 0) * (v[j] ?? 0);
    product[i] = sum;
  }
  return product;
}

/** The next row of L⁻¹, from those before it and the next row of L. */
function nextInverseRow(inverseRows: readonly Float64Array[], row: Float64Array): Float64Array {
  const size = inverseRows.length;
  const next = new Float64Array(size + 1);
  const pivot = 1 / (row[size] ?? Number.NaN);
  for (let k = 0; k < size; k++) {
    const factor = -(row[k] ?? 0) * pivot;
    const inverseRow = inverseRows[k] ?? next;
    for (let j = 0; j <= k; j++) next[j] = (next[j] ?? 0) + factor * (inverseRow[j] ?? 0);
  }
  next[size] = pivot;
  return next;
}
