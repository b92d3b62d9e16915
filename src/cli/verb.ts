import type { Command } from 'commander';
import type { Log } from '../worker/json-log.js';

/** The outside of a verb: tests pass their own. */
export interface CliIo {
  /** Data: stdout. */
  readonly out: (text: string) => void;
  /** Messages and progress: stderr. */
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isTty: boolean;
  readonly columns: number;
  readonly hasColor: boolean;
  readonly setExitCode: (code: ExitCode) => void;
  /** Present where stderr is JSON: one event a line, and `err` makes one of each message. */
  readonly log?: Log;
}

/** Adds one verb with its help, options, examples and action. One file a verb. */
export type RegisterVerb = (program: Command, io: CliIo) => void;

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  preflight: 3,
  stopped: 4,
  assertion: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
