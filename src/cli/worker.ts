/** `mergesweep worker`: this machine's cards for sweeps that run elsewhere. */
import { join, resolve } from 'node:path';
import { findReader } from './run-target.js';
import { readConfig } from '../config.js';
import type { ConfigFlags } from '../config.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { UsageError } from '../errors.js';
import { hashJson } from '../spec/canonical-json.js';
import { watchByCommand } from '../worker/preemption.js';
import { catchInterrupt } from './interrupt.js';
import { allowPickleOption, allowTaskCodeOption, readPermissions } from './permission-flags.js';
import type { PermissionFlags } from './permission-flags.js';
import { preemptCommandOption, preemptEveryOption, readPreemption } from './preempt-flags.js';
import type { PreemptFlags } from './preempt-flags.js';
import { logFormatOption, metricsPortOption } from './observe-flags.js';
import { wholeNumber } from './run-options.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode, RegisterVerb } from './verb.js';

interface WorkerOptions extends ConfigFlags, TemporalFlags, PermissionFlags, PreemptFlags {
  readonly slots?: number;
  readonly gpus?: string;
  readonly workDir?: string;
}

export const registerWorker: RegisterVerb = (program, io) => {
  program
    .command('worker')
    .description('run trials of sweeps that were started on other machines')
    .option('--address <host:port>', 'Temporal server')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .option('--slots <n>', 'evaluations at once; default: one per card', wholeNumber(1, 256))
    .option('--gpus <list>', 'cards to use, e.g. 0,1; default: all')
    .option('--pool <name>', 'GPU pool to serve (MERGESWEEP_POOL)')
    .option(
      '--work-dir <dir>',
      'merges and evaluations in the making; default: results/.work/<node>',
    )
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
Examples:
  mergesweep worker --address temporal.lan:7233 --insecure-plaintext --gpus 0,1
  mergesweep worker --profile prod --pool h100 --work-dir /nvme/mergesweep
  mergesweep worker --profile prod --preempt-command deploy/spot/aws.sh

Exit codes: 0 drained or the machine is about to go, 2 a flag is wrong, 3 a tool is missing,
130 interrupted twice.`,
    )
    .action(async (options: WorkerOptions) => {
      io.setExitCode(await runWorker(options, io));
    });
};

async function runWorker(options: WorkerOptions, io: CliIo): Promise<ExitCode> {
  const config = readConfig(options, io.env, io.cwd);
  const preemptionSettings = readPreemption(options, io.env);
  // Temporal's modules take most of a second to load: not for `--help`.
  const [{ resolveTemporal }, { connectTemporal }, nodes, { startNodeWorker }, { openObserver }] =
    await Promise.all([
      import('../client/resolve-temporal.js'),
      import('../client/connect.js'),
      import('../worker/local-node.js'),
      import('../worker/node.js'),
      import('../worker/open-observer.js'),
    ]);
  const { registryQueue } = await import('../../workflows/messages.js');
  const { observeNode } = await import('../worker/observer.js');
  const { parseGpus } = await import('../worker/node-facts.js');
  const target = resolveTemporal(options, io.env);
  if (target.kind === 'embedded')
    throw new UsageError(
      'worker_address',
      'A worker needs the Temporal server that the sweeps are on: --address HOST:PORT, --profile NAME, or TEMPORAL_ADDRESS.',
    );
  const gpus = options.gpus === undefined ? undefined : parseGpus(options.gpus);
  const workDir = options.workDir === undefined ? undefined : resolve(io.cwd, options.workDir);
  const nodeId = nameWorker(nodes.nameNode, { pool: config.pool, gpus, workDir });
  const workRoot = workDir ?? join(config.resultsDir, '.work', nodeId);
  const observer = await openObserver({
    ...{ config, log: io.log, logPath: join(workRoot, 'logs', 'temporal-sdk.jsonl') },
    say: (message) => {
      io.err(`${message}\n`);
    },
  });
  const { slots } = options;
  const observed = observeNode(nodeId, observer);
  const local = await nodes.createLocalNode({
    ...{ nodeId, workRoot, tools: config.tools, env: io.env, slots, gpus },
    ...{ permissions: readPermissions(options), onProgress: observed.onProgress },
    // Where the coordinator's results are here too, its readers find the logs.
    ...(findReader(config.resultsDir) === undefined ? {} : { publishRoot: config.resultsDir }),
  });
  const node = observed.attach(local, workRoot);
  const interrupt = catchInterrupt(() => process.exit(exitCodes.interrupted));
  const { address, namespace, connectionOptions } = target;
  const { connection } = await connectTemporal(address, namespace, connectionOptions);
  const preemption = watchByCommand(preemptionSettings, io.env, (message) => {
    io.err(`${message}\n`);
  });
  const sayGoing = (reason: string): void => {
    io.err(`worker ${nodeId}: this machine is about to be taken away (${reason})\n`);
  };
  try {
    const going = await preemption.first;
    if (going !== undefined) {
      sayGoing(going);
      return exitCodes.ok;
    }
    const worker = await startNodeWorker({
      ...{ connection, namespace, nodeId, node, pool: config.pool },
      registryTaskQueue: registryQueue,
      onMessage: (message) => {
        io.err(`${message}\n`);
      },
    });
    const noun = node.slots === 1 ? 'slot' : 'slots';
    io.err(
      `worker ${nodeId} ready: ${node.slots} ${noun}; waiting (Ctrl-C hands back what runs and ends, twice quits)\n`,
    );
    await Promise.race([
      ...[worker.ended, untilAborted(interrupt.signal)],
      preemption.noticed.then(sayGoing),
    ]);
    await worker.stop();
    io.err(`worker ${nodeId} has ended; what it ran goes to other nodes\n`);
    return exitCodes.ok;
  } finally {
    interrupt.dispose();
    await preemption.close();
    observed.end();
    await node.close();
    await connection.close();
  }
}

interface NodeTraits {
  readonly pool: string | undefined;
  readonly gpus: readonly string[] | undefined;
  readonly workDir: string | undefined;
}

/**
 * Stable over restarts, and never that of another worker on this machine: a checkpoint is released
 * by the node's name.
 */
export function nameWorker(name: (suffix: string) => string, traits: NodeTraits): string {
  const { pool, gpus, workDir } = traits;
  const folder = workDir === undefined ? undefined : hashJson(workDir).slice(0, 6);
  const parts = [pool, gpus === undefined ? 'all' : `gpu${gpus.join('-')}`, folder];
  return name(parts.filter((part) => part !== undefined).join('-'));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener('abort', () => {
        resolve();
      });
  });
}
