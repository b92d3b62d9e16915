import { ApplicationFailure } from '@temporalio/common';
import { reportError } from '../../src/cli/report-error.js';
import type { Violation } from './scenario.js';

/** An error is clear when the user reads a code of ours, or what the system refused. */
export function checkError(error: unknown): Violation[] {
  if (error instanceof ApplicationFailure && error.type !== undefined && error.type !== 'Error') {
    return [];
  }
  let text = '';
  reportError(error, {
    env: {},
    err: (part: string) => {
      text += part;
    },
    setExitCode: () => undefined,
  } as unknown as Parameters<typeof reportError>[1]);
  return text.startsWith('error unexpected') ? [{ kind: 'unclear', what: text.trim() }] : [];
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
