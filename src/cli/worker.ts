/** `mergesweep worker`: this machine's cards for sweeps that run elsewhere. */
import { InvalidArgumentError, Option } from 'commander';
import type { MergeStrategy } from '../../activities/slots.js';
import type { ConfigFlags } from '../config.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { parseByteSize } from '../preflight/byte-size.js';
import { logFormatOption, metricsPortOption } from './observe-flags.js';
import { allowPickleOption, allowTaskCodeOption } from './permission-flags.js';
import type { PermissionFlags } from './permission-flags.js';
import { preemptCommandOption, preemptEveryOption } from './preempt-flags.js';
import type { PreemptFlags } from './preempt-flags.js';
import { wholeNumber } from './run-options.js';
import type { RegisterVerb } from './verb.js';

export interface WorkerOptions extends ConfigFlags, TemporalFlags, PermissionFlags, PreemptFlags {
  readonly slots?: number;
  readonly gpus?: string;
  readonly gpusPerTrial?: number;
  readonly strategy?: MergeStrategy;
  /** Bytes. */
  readonly diskQuota?: number;
  readonly workDir?: string;
}

const strategies: readonly MergeStrategy[] = ['overlap', 'spare', 'serial'];

export const registerWorker: RegisterVerb = (program, io) => {
  program
    .command('worker')
    .description('run trials of sweeps that were started on other machines')
    .option('--address <host:port>', 'Temporal server')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .option('--gpus <list>', 'cards to use, e.g. 0,1; default: all that nvidia-smi lists')
    .option(
      '--gpus-per-trial <n>',
      'cards of one evaluation, for a model that one does not hold; default: 1',
      wholeNumber(1, 64),
    )
    .option(
      '--slots <n>',
      'evaluations at once; default: one per card, or per group of cards',
      wholeNumber(1, 256),
    )
    .addOption(
      new Option(
        '--strategy <how>',
        'merges: beside the evaluations, on spare cards of their own, or in the slot that evaluates then',
      )
        .choices(strategies)
        .default('overlap'),
    )
    .option('--pool <name>', 'GPU pool to serve (MERGESWEEP_POOL)')
    .option(
      '--work-dir <dir>',
      'merges and evaluations in the making; default: results/.work/<node>',
    )
    .option('--disk-quota <size>', 'what the work folder may hold, e.g. 500GB', byteSize)
    .addOption(allowPickleOption('model'))
    .addOption(allowTaskCodeOption())
    .addOption(preemptCommandOption())
    .addOption(preemptEveryOption())
    .addOption(metricsPortOption())
    .addOption(logFormatOption())
    .option('--results <dir>', 'results folder (MERGESWEEP_RESULTS; default: results)')
    .addHelpText(
      'after',
      `
Ctrl-C drains: no more trials are taken, what runs ends, then the worker. Twice hands back what
runs and ends within 10 s; so does SIGTERM, at once. From elsewhere: mergesweep nodes drain ID.

Examples:
  mergesweep worker --address temporal.lan:7233 --insecure-plaintext --gpus 0,1
  mergesweep worker --profile prod --pool h100 --work-dir /nvme/mergesweep --disk-quota 2TB
  mergesweep worker --profile prod --gpus-per-trial 2    a model over two cards
  mergesweep worker --profile prod --preempt-command deploy/spot/aws.sh

Exit codes: 0 drained, ended by SIGTERM, or the machine is about to go; 2 a flag is wrong, 3 a tool
is missing, 130 interrupted twice.`,
    )
    .action(async (options: WorkerOptions) => {
      // Temporal's modules take most of a second to load: not for `--help`.
      const { runWorker } = await import('./run-worker.js');
      io.setExitCode(await runWorker(options, io));
    });
};

function byteSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined)
    throw new InvalidArgumentError('Expected a size like 500GB, 2TB or 64GiB.');
  return bytes;
}
