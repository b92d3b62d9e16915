// One question to a value of unknown origin each: the value as that type, or a CmaStateError that names its place.
import { CmaStateError } from './errors.js';

export function asObject(path: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new CmaStateError(path, 'an object', value);
}

export function asArray(path: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CmaStateError(path, 'an array', value);
}

export function asNumber(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new CmaStateError(path, 'a finite number', value);
}

export function asPositive(path: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value < Infinity) return value;
  throw new CmaStateError(path, 'a number above 0', value);
}

export function asCount(path: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CmaStateError(path, 'an integer of at least 0', value);
}

export function asId(path: string, value: unknown, lowest: number, highest: number): number {
  if (Number.isSafeInteger(value)) {
    const id = Number(value);
    if (id >= lowest && id <= highest) return id;
  }
  throw new CmaStateError(path, `an id from ${lowest} to ${highest}`, value);
}

export function asNumbers(path: string, value: unknown, length: number): number[] {
  const items = asArray(path, value);
  if (items.length !== length) throw new CmaStateError(path, `an array of ${length}`, value);
  return items.map((item, i) => asNumber(`${path}[${i}]`, item));
}

export function asPoint(path: string, value: unknown, n: number): number[] {
  const point = asNumbers(path, value, n);
  point.forEach((item, j) => {
    if (item < 0 || item > 1) throw new CmaStateError(`${path}[${j}]`, 'a number in [0, 1]', item);
  });
  return point;
}

export function asAscending(path: string, value: unknown, length: number): number[] {
  const numbers = asNumbers(path, value, length);
  numbers.reduce((before, item) => {
    if (item < before) throw new CmaStateError(path, 'the lower value first', value);
    return item;
  }, -Infinity);
  return numbers;
}

/** null, or what `read` makes of it. */
export function asNullable<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null ? null : read(value);
}

/** null where it must be, and otherwise what `read` makes of it. */
export function asPresentIf<T>(
  isPresent: boolean,
  path: string,
  value: unknown,
  read: (value: unknown) => T,
): T | null {
  if (isPresent) return read(value);
  if (value === null) return null;
  throw new CmaStateError(path, 'null', value);
}

export function asOneOf<T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found !== undefined) return found;
  throw new CmaStateError(path, allowed.map((item) => `"${item}"`).join(' or '), value);
}
