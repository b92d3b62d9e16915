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

  copy(): Matrix {
    const copy = new Matrix(this.size);
    copy.data.set(this.data);
    return copy;
  }

  /** A v */
  multiply(vector: ArrayLike<number>): Float64Array {
    const product = new Float64Array(this.size);
    for (let i = 0; i < this.size; i++) {
      let sum = 0;
      for (let j = 0; j < this.size; j++) sum += this.get(i, j) * at(vector, j);
      product[i] = sum;
    }
    return product;
  }

  /** Aᵀ v */
  multiplyTransposed(vector: ArrayLike<number>): Float64Array {
    const product = new Float64Array(this.size);
    for (let j = 0; j < this.size; j++) {
      let sum = 0;
      for (let i = 0; i < this.size; i++) sum += this.get(i, j) * at(vector, i);
      product[j] = sum;
    }
    return product;
  }
}

/** How many numbers the upper triangle of a size × size matrix has. */
export function packedLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/** The upper triangle, row by row, diagonal included. */
export function packUpper(matrix: Matrix): number[] {
  const packed: number[] = [];
  for (let i = 0; i < matrix.size; i++) {
    for (let j = i; j < matrix.size; j++) packed.push(matrix.get(i, j));
  }
  return packed;
}

/** The symmetric matrix of a packed upper triangle. */
export function unpackUpper(packed: ArrayLike<number>, size: number): Matrix {
  const matrix = new Matrix(size);
  let k = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = at(packed, k++);
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}

/** The diagonal of a packed upper triangle. */
export function packedDiagonal(packed: ArrayLike<number>, size: number): number[] {
  const diagonal: number[] = [];
  for (let i = 0, k = 0; i < size; k += size - i, i++) diagonal.push(at(packed, k));
  return diagonal;
}

/** The Euclidean length; not Math.hypot, whose bits differ between engines. */
export function norm(vector: Iterable<number>): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
