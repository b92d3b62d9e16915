/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: every index is below a length the loop is bounded by */
/** Reads an element that must exist: an index outside is a bug, not a zero. */
export function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${values.length} elements`);
  return value;
}

/** A square matrix in one flat, row-major Float64Array. */
export class Matrix {
  readonly size: number;
  readonly data: Float64Array;

  /** A matrix of zeros. */
  constructor(size: number) {
    this.size = size;
    this.data = new Float64Array(size * size);
  }

  static identity(size: number): Matrix {
    const identity = new Matrix(size);
    for (let i = 0; i < size; i++) identity.set(i, i, 1);
    return identity;
  }

  get(row: number, column: number): number {
    return at(this.data, row * this.size + column);
  }

  set(row: number, column: number, value: number): void {
    this.data[row * this.size + column] = value;
  }

  /** A v */
  multiply(vector: ArrayLike<number>): Float64Array {
    const { size, data } = this;
    const product = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const row = i * size;
      let sum = 0;
      for (let j = 0; j < size; j++) sum += data[row + j]! * vector[j]!;
      product[i] = sum;
    }
    return product;
  }

  /** Aᵀ v, along the rows of A */
  multiplyTransposed(vector: ArrayLike<number>): Float64Array {
    const { size, data } = this;
    const product = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const row = i * size;
      const factor = vector[i]!;
      for (let j = 0; j < size; j++) product[j]! += data[row + j]! * factor;
    }
    return product;
  }
}

/** How many numbers the upper triangle of a size × size matrix has. */
export function packedLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/** The symmetric matrix of a packed upper triangle. */
export function unpackUpper(packed: ArrayLike<number>, size: number): Matrix {
  const matrix = new Matrix(size);
  const { data } = matrix;
  let k = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = packed[k++]!;
      data[i * size + j] = value;
      data[j * size + i] = value;
    }
  }
  return matrix;
}

/** The upper triangle, row by row, diagonal included. */
export function packUpper(matrix: Matrix): number[] {
  const packed: number[] = [];
  for (let i = 0; i < matrix.size; i++) {
    for (let j = i; j < matrix.size; j++) packed.push(matrix.get(i, j));
  }
  return packed;
}

/** The Euclidean length; not Math.hypot, whose bits differ between engines. */
export function norm(vector: ArrayLike<number>): number {
  const { length } = vector;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}
