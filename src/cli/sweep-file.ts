/** Sweep files as users name them on the command line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { formatDiagnostic, type Diagnostic } from '../spec/diagnostic.js';
import type { CliIo } from './verb.js';

/**
 * The text of a sweep file that the user named.
 * @throws UsageError where there is none
 */
export async function readSweepFile(file: string, io: Pick<CliIo, 'cwd'>): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'no such file. `mergesweep init` writes one'
        : code === 'EISDIR'
          ? 'expected a sweep file, got a folder'
          : (cause as Error).message;
    throw new UsageError('no_sweep_file', `${file}: ${reason}`, { cause });
  }
}

/** Diagnostics as `run` prints them before it refuses to start: paths as the user typed them. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], file: string): string {
  return diagnostics
    .map((diagnostic) => {
      const line = formatDiagnostic({ ...diagnostic, file });
      return diagnostic.fix === undefined ? `${line}\n` : `${line}\n    → ${diagnostic.fix}\n`;
    })
    .join('');
}
