import { CommanderError } from 'commander';
import { MergesweepError, MissingToolError, UsageError } from '../errors.js';
import { toPrintable } from '../report/printable.js';
import { exitCodes, type CliIo, type ExitCode } from './verb.js';

/** Prints an error as `error CODE message`, without its stack, and sets the exit code. */
export function reportError(thrown: unknown, io: CliIo): void {
  const error = explainSystemError(thrown);
  io.setExitCode(exitCodeOf(error));
  // Help and version arrive as errors as well, and commander has printed its own messages.
  if (!(error instanceof CommanderError)) {
    io.err(`error ${codeOf(error)} ${toPrintable(messageOf(error))}\n`);
  }
  if (io.env['MERGESWEEP_DEBUG'] === '1' && error instanceof Error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) {
      io.err(`${describeWithCauses(error)}\n`);
    }
  } else if (!(error instanceof MergesweepError) && !(error instanceof CommanderError)) {
    io.err('This is a fault of mergesweep. MERGESWEEP_DEBUG=1 prints where it came from.\n');
  }
}

/** Commander's message in the form of all others. */
export function formatUsageMessage(message: string): string {
  return `${message.replace(/^error: /, 'error usage ').trimEnd()}\n`;
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof MissingToolError) return exitCodes.preflight;
  // The wrong folder, or none yet: what was typed, not what was run.
  if (error instanceof MergesweepError && error.code === 'ledger_missing') return exitCodes.usage;
  return exitCodes.failed;
}

const systemErrors: Readonly<Record<string, readonly [code: string, advice: string]>> = {
  ENOSPC: ['disk_full', 'Free space, then run the same command: what was scored is kept.'],
  EDQUOT: ['disk_full', 'The quota is used up: free space, then run the same command.'],
  EROFS: ['read_only', 'Choose a folder that can be written, with --results.'],
  EACCES: ['no_access', 'Correct the permissions, or choose another folder with --results.'],
  EIO: [
    'disk_unusable',
    "The disk can't be read or written: look at the system log; what was scored is kept.",
  ],
  EMFILE: ['too_many_files', 'Raise the limit of open files (ulimit -n).'],
};

/** What the system refuses is not a fault of the program. */
function explainSystemError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const [code, advice] = systemErrors[String(error.code)] ?? [];
  if (code === undefined) return error;
  return new MergesweepError(code, `${error.message}. ${advice ?? ''}`, { cause: error });
}

const codeOf = (error: unknown): string =>
  error instanceof MergesweepError ? error.code : 'unexpected';

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function describeWithCauses(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error
    ? `${own}\ncaused by: ${describeWithCauses(error.cause)}`
    : own;
}
