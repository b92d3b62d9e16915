/** The running part of `worker`: this machine as a node, until it is told to go. */
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTemporal } from '../client/connect.js';
import { resolveTemporal } from '../client/resolve-temporal.js';
import { readConfig } from '../config.js';
import { UsageError } from '../errors.js';
import { requireTool } from '../external/find-tool.js';
import { hashJson } from '../spec/canonical-json.js';
import { createLocalNode } from '../worker/local-node.js';
import { nameNode } from '../worker/node-name.js';
import { parseGpus } from '../worker/node-facts.js';
import { startNodeWorker, type NodeWorker } from '../worker/node.js';
import { observeNode } from '../worker/observer.js';
import { openObserver } from '../worker/open-observer.js';
import { watchByCommand } from '../worker/preemption.js';
import { catchNodeSignals } from './interrupt.js';
import { readPermissions } from './permission-flags.js';
import { readPreemption } from './preempt-flags.js';
import { findReader } from './run-target.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode } from './verb.js';
import type { WorkerOptions } from './worker.js';

/** What does not end by itself once it was handed back ends with the process. */
const stopWithinMs = 9_000;

export async function runWorker(options: WorkerOptions, io: CliIo): Promise<ExitCode> {
  const config = readConfig(options, io.env, io.cwd);
  const preemptionSettings = readPreemption(options, io.env);
  const target = resolveTemporal(options, io.env);
  if (target.kind === 'embedded')
    throw new UsageError(
      'worker_address',
      'A worker needs the Temporal server that the sweeps are on: --address HOST:PORT, --profile NAME, or TEMPORAL_ADDRESS.',
    );
  for (const tool of [config.tools.mergekitYaml, config.tools.lmEval]) requireTool(tool, io.env);
  const gpus = options.gpus === undefined ? undefined : parseGpus(options.gpus);
  const workDir = options.workDir === undefined ? undefined : resolve(io.cwd, options.workDir);
  const nodeId = nameWorker(nameNode, { pool: config.pool, gpus, workDir });
  const workRoot = workDir ?? join(config.resultsDir, '.work', nodeId);
  const say = (message: string): void => {
    io.err(`${message}\n`);
  };
  const observer = await openObserver({
    ...{ config, log: io.log, say },
    logPath: join(workRoot, 'logs', 'temporal-sdk.jsonl'),
  });
  const observed = observeNode(nodeId, observer);
  const { slots, gpusPerTrial, strategy, diskQuota: diskQuotaBytes } = options;
  const local = await createLocalNode({
    ...{ nodeId, workRoot, tools: config.tools, env: io.env },
    ...{ slots, gpus, gpusPerTrial, strategy, diskQuotaBytes },
    ...{ permissions: readPermissions(options), onProgress: observed.onProgress },
    // Where the coordinator's results are here too, its readers find the logs.
    ...(findReader(config.resultsDir) === undefined ? {} : { publishRoot: config.resultsDir }),
  });
  const node = observed.attach(local, workRoot);
  const interrupt = catchNodeSignals(() => process.exit(exitCodes.interrupted));
  const { address, namespace, connectionOptions } = target;
  const { connection } = await connectTemporal(address, namespace, connectionOptions);
  const preemption = watchByCommand(preemptionSettings, io.env, say);
  const sayGoing = (reason: string): void => {
    say(`worker ${nodeId}: this machine is about to be taken away (${reason})`);
  };
  try {
    const going = await preemption.first;
    if (going !== undefined) {
      sayGoing(going);
      return exitCodes.ok;
    }
    const worker = await startNodeWorker({
      ...{ connection, namespace, nodeId, node, pool: config.pool },
      onMessage: say,
    });
    const noun = node.slots === 1 ? 'slot' : 'slots';
    say(
      `worker ${nodeId} ready: ${node.slots} ${noun}; waiting (Ctrl-C lets what runs end, twice hands it back)`,
    );
    const hasDrained = await Promise.race([
      worker.ended.then(() => false),
      drainWhenAsked(worker, interrupt.draining, (message) => {
        say(`worker ${nodeId} ${message}`);
      }),
      aborted(interrupt.ending).then(() => false),
      preemption.noticed.then(sayGoing).then(() => false),
    ]);
    const left = worker.taken();
    if (!(await stopInTime(worker)))
      say(`worker ${nodeId}: something did not end in time; it ends with this process`);
    say(
      hasDrained || left === 0
        ? `worker ${nodeId} has ended; nothing was left`
        : `worker ${nodeId} has ended; what it ran goes to other nodes (trials: ${left})`,
    );
    return interrupt.draining.aborted && !hasDrained ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    interrupt.dispose();
    await preemption.close();
    observed.end();
    await node.close();
    await connection.close();
  }
}

async function drainWhenAsked(
  worker: NodeWorker,
  asked: AbortSignal,
  say: (message: string) => void,
): Promise<true> {
  await aborted(asked);
  const left = worker.taken();
  const what = left === 0 ? 'nothing runs' : `waits for what runs (trials: ${left})`;
  say(`drains: it takes no more trials and ${what}; Ctrl-C again hands it back`);
  await worker.drain();
  return true;
}

/** @returns whether all was handed back and has ended */
function stopInTime(worker: NodeWorker): Promise<boolean> {
  const late = delay(stopWithinMs, false, { ref: false });
  return Promise.race([worker.stop().then(() => true), late]);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
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
