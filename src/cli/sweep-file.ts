/** Sweep files as users name them on the command line. */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { UsageError } from '../errors.js';
import { formatDiagnostic, type Diagnostic } from '../spec/diagnostic.js';
import type { CliIo } from './verb.js';

const mostBytes = 1_000_000;

/**
 * The text of a sweep file, or pipe, that the user named.
 * @throws UsageError where there is none, or more than a megabyte
 */
export async function readSweepFile(file: string, io: Pick<CliIo, 'cwd'>): Promise<string> {
  let bytes;
  try {
    // One byte more than may be there, and no end of a device that has none.
    bytes = await buffer(createReadStream(resolve(io.cwd, file), { end: mostBytes }));
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
  if (bytes.length > mostBytes) {
    const reason = `expected a sweep file of at most ${mostBytes} bytes, got more`;
    throw new UsageError('no_sweep_file', `${file}: ${reason}`);
  }
  return bytes.toString('utf8');
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
