import type { LogFormat } from '../config.js';
import { createJsonLog, toLogEvent } from '../worker/json-log.js';
import { createRedactor } from '../external/secrets.js';
import { exitCodes, type CliIo } from './verb.js';

/**
 * The process as verbs see it: secrets are taken out of what they print. Colour: a terminal, and
 * neither `NO_COLOR` nor `TERM=dumb`.
 */
export function createProcessIo(logFormat: LogFormat = 'text'): CliIo {
  const { stdout, stderr, env } = process;
  const redact = createRedactor(env);
  const log = createJsonLog((line) => void stderr.write(line), redact);
  return {
    out: (text) => void stdout.write(redact(text)),
    err:
      logFormat === 'json'
        ? (text) => {
            const event = toLogEvent(text);
            if (event !== undefined) log(event);
          }
        : (text) => void stderr.write(redact(text)),
    ...(logFormat === 'json' ? { log } : {}),
    env,
    cwd: process.cwd(),
    isTty: stdout.isTTY,
    columns: stdout.isTTY ? stdout.columns : 200,
    hasColor: hasColor(env, stdout.isTTY),
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

/** @see https://no-color.org: any value but an empty one turns colour off */
export function hasColor(
  env: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): boolean {
  const isRefused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return isTty && !isRefused && env['TERM'] !== 'dumb';
}

/** Ends or spares the process when its output can't be written. */
export function surviveBrokenOutput(verb: string | undefined): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const reaction = reactToBrokenOutput(verb, error.code);
      if (reaction === 'go on') return;
      if (reaction === 'end') process.exit(exitCodes.ok);
      if (stream === process.stdout) {
        process.stderr.write(`error output the output can't be written: ${error.message}\n`);
      }
      process.exit(exitCodes.failed);
    });
  }
}

/**
 * `| head` closes the pipe early, `> file` meets a full disk. A verb that works (`run`, `resume`,
 * `fork`, `worker`, `demo`) goes on in silence: its sweep is worth more than its output. One that reads ends; a closed
 * pipe is no failure, everything else is.
 */
export function reactToBrokenOutput(
  verb: string | undefined,
  code: string | undefined,
): 'go on' | 'end' | 'fail' {
  if (isWorkingVerb(verb)) return 'go on';
  return code === 'EPIPE' ? 'end' : 'fail';
}

/** The verbs that run trials; all others read. */
export function isWorkingVerb(verb: string | undefined): boolean {
  return ['run', 'resume', 'fork', 'worker', 'demo'].includes(verb ?? '');
}

/**
 * Ends the process with its exit code. Temporal's native runtime keeps one alive whose worker could
 * not be shut down, for instance because the server died.
 */
export async function exitWhenWritten(): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => {
      if (stream.destroyed) resolve();
      else
        stream.write('', () => {
          resolve();
        });
    });
  process.exit();
}
