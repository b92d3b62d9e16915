import { ApplicationFailure } from '@temporalio/common';
import { LedgerError, MergesweepError } from '../src/errors.js';

/** These go away by themselves or when someone frees space: Temporal tries again until they do. */
const passing: ReadonlySet<string> = new Set(['ledger_full', 'ledger_busy']);

/**
 * Runs an activity's body at once and to its end: SQLite is synchronous, so two requests never mix.
 * Errors become Temporal's, with our code as their type.
 */
export function runActivity<Result>(body: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(withActivityFailures(body));
  });
}

function withActivityFailures<Result>(body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    if (error instanceof LedgerError && passing.has(error.code)) {
      throw ApplicationFailure.create({ message: error.message, type: error.code, cause: error });
    }
    if (error instanceof MergesweepError) {
      throw ApplicationFailure.create({
        message: error.message,
        type: error.code,
        nonRetryable: true,
        cause: error,
      });
    }
    throw error;
  }
}
