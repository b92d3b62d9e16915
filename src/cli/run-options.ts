/** The flags of `run`, as typed and as read. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ConfigFlags } from '../config.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { allowPickleOption, allowTaskCodeOption } from './permission-flags.js';
import type { PermissionFlags } from './permission-flags.js';
import { logFormatOption, metricsPortOption } from './observe-flags.js';

export interface RunOptions extends ConfigFlags, TemporalFlags, PermissionFlags {
  readonly name?: string;
  readonly maxTrials?: number;
  readonly seed?: number;
  readonly slots?: number;
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly adopt?: boolean;
  /** False with `--no-worker`. */
  readonly worker: boolean;
}

/** The flags that say where and how a sweep runs; which one it is, the verb adds. */
export function addRunFlags(command: Command): Command {
  return command
    .option('--slots <n>', 'evaluations at once on this machine', wholeNumber(1, 256))
    .option('--pool <name>', 'GPU pool of the nodes (MERGESWEEP_POOL)')
    .option('--no-worker', 'run no trials on this machine')
    .option('--address <host:port>', 'Temporal server; default: one of our own')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .option('--detach', 'hand the sweep to the process that runs this folder and return')
    .option('--adopt', 'take the results folder over from the machine that wrote it last')
    .addOption(allowPickleOption('label'))
    .addOption(allowTaskCodeOption())
    .addOption(metricsPortOption())
    .addOption(logFormatOption())
    .option('--json', 'one JSON line an event, on stdout');
}

/** Of the verbs that run a sweep. */
export const runExitCodes =
  'Exit codes: 0 finished, 1 failed, 2 the file or a flag is wrong, 3 a model does not fit or a tool\n' +
  'is missing, 4 paused, 130 interrupted.';

/** A parser for whole numbers within bounds, in commander's terms. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}
