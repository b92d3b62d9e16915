import { CmaEventError, describe } from './errors.js';

/** @throws CmaEventError unless it is an integer in [0, 2^32) */
export function checkAttempt(attempt: unknown): void {
  const isInteger = typeof attempt === 'number' && Number.isInteger(attempt);
  if (isInteger && attempt >= 0 && attempt < 2 ** 32) return;
  const expected = 'attempt as an integer from 0 to 4294967295';
  throw new CmaEventError('invalid-value', `ask: expected ${expected}, got ${describe(attempt)}`);
}

/** @throws CmaEventError unless the id is one of the `asked` first */
export function checkId(asked: number, id: number): void {
  if (Number.isSafeInteger(id) && id >= 0 && id < asked) return;
  const expected = asked === 0 ? 'no id, nothing was asked yet' : `an id from 0 to ${asked - 1}`;
  throw new CmaEventError('unknown-id', `id: expected ${expected}, got ${describe(id)}`);
}

/** @throws CmaEventError unless the value is a finite number */
export function checkValue(kind: string, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value)) return;
  throw new CmaEventError(
    'invalid-value',
    `${kind}: expected a finite value, got ${describe(value)}; report a failed evaluation with fail or forget`,
  );
}

/** @throws CmaEventError unless x is an array of `dimension` numbers in [0, 1] */
export function checkPoint(kind: string, x: unknown, dimension: number): void {
  if (!Array.isArray(x) || x.length !== dimension) {
    const expected = `an array of ${dimension} numbers`;
    throw new CmaEventError(
      'invalid-point',
      `${kind}: expected x as ${expected}, got ${describe(x)}`,
    );
  }
  x.forEach((value: unknown, j) => {
    if (typeof value === 'number' && value >= 0 && value <= 1) return;
    const got = describe(value);
    throw new CmaEventError('invalid-point', `${kind}: expected x[${j}] in [0, 1], got ${got}`);
  });
}

/** For the kinds that the types exclude; events may come from a log. */
export function unknownKind(event: { readonly kind?: unknown }): CmaEventError {
  const expected = 'ask, tell, fail, forget, inject or foreign';
  return new CmaEventError(
    'unknown-kind',
    `kind: expected ${expected}, got ${describe(event.kind)}`,
  );
}
