/** What went wrong, for programs; the message is for people. */
export type CmaErrorCode =
  | 'invalid-options'
  | 'invalid-state'
  | 'unknown-id'
  | 'unknown-kind'
  | 'invalid-value'
  | 'invalid-point';

/** Base of every error this package throws on purpose. */
export class CmaError extends Error {
  readonly code: CmaErrorCode;

  constructor(code: CmaErrorCode, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Thrown when an option is missing, of the wrong type or out of its range. */
export class CmaOptionsError extends CmaError {
  /** The option's name, for example `sigma` or `mean[2]`. */
  readonly option: string;

  constructor(option: string, expected: string, got: unknown) {
    super('invalid-options', `CmaOptions.${option}: expected ${expected}, got ${describe(got)}`);
    this.option = option;
  }
}

/** Thrown when an event cannot be folded into the state: an id never asked, a value that is no number. */
export class CmaEventError extends CmaError {}

/** Thrown when a value offered as a state is not one that this version wrote. */
export class CmaStateError extends CmaError {
  /** Where in the state, for example `distribution.covariance[4]`. */
  readonly path: string;

  constructor(path: string, expected: string, got: unknown) {
    super(
      'invalid-state',
      `CmaState${path === '' ? '' : '.'}${path}: expected ${expected}, got ${describe(got)}`,
    );
    this.path = path;
  }
}

/** A value as one short phrase of an error message. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
