/** A Temporal server, `run --no-worker` and a worker per node, each a process of its own. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProjectRoot, readConfig } from '../../src/config.js';
import { requireTool } from '../../src/external/find-tool.js';
import { canConnect, isServing } from '../../src/external/temporal-health.js';
import { serverArguments } from '../../src/external/temporal-server.js';
import { KeptProcess, type Command, type Exit } from '../chaos/kept-process.js';

import type { CommandLine, NodeNetwork } from './network.js';

export interface RackOptions {
  /** Exists; each process has its log there, node k its work folder `node-<k>`. */
  readonly folder: string;
  readonly results: string;
  readonly sweepFile: string;
  /** More flags of `run`. */
  readonly runFlags?: readonly string[];
  readonly network: NodeNetwork;
  readonly nodes: number;
  readonly slotsPerNode: number;
  /** `--gpus` by made-up numbers: evaluations then say which slot they are in. */
  readonly hasCards: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** A killed node is back after that, ms. */
  readonly restartAfterMs: number;
  /** A line of `run --json`. */
  readonly onLine: (line: string) => void;
  readonly onNodeStart?: (node: number) => void;
}

export interface Rack {
  /** As one would type them. */
  readonly commands: readonly string[];
  readonly nodes: readonly KeptProcess[];
  /** Pids of server and coordinator. */
  readonly centre: () => readonly number[];
  /** Of `run`: resolves with its exit. */
  readonly ended: Promise<Exit>;
  /** The coordinator's first: sweeps and nodes hand back what they have. */
  close(): Promise<void>;
}

export async function openRack(options: RackOptions): Promise<Rack> {
  const root = findProjectRoot();
  const { folder, network, env, nodes, slotsPerNode } = options;
  const port = randomInt(20_000, 30_000);
  const address = `${network.host}:${port}`;
  const bin = join(root, 'bin', 'mergesweep.js');
  const reach = ['--address', address, ...(isPlain(network) ? [] : ['--insecure-plaintext'])];
  const inFolder = { env, cwd: folder };
  const keep = (name: string, line: CommandLine, more: KeepMore): KeptProcess => {
    const [program, ...args] = line;
    const command: Command = { program, args, ...inFolder };
    return new KeptProcess({
      ...{ command, logPath: join(folder, `${name}.log`), nextEnv: () => ({}) },
      ...{ restartAfterMs: () => options.restartAfterMs, onStart: () => undefined },
      onExit: () => true,
      ...more,
    });
  };
  const server = keep(
    'server',
    network.within('server', [
      requireTool(readConfig({}, env, root, root).tools.temporal, env),
      // It listens on one address, and its inner services want the loopback.
      ...serverArguments(port, join(folder, 'temporal.db')).map((argument) =>
        argument === '127.0.0.1' ? network.listen : argument,
      ),
    ]),
    {},
  );
  const run: CommandLine = [
    ...([process.execPath, bin, 'run', options.sweepFile] as const),
    ...['--results', options.results, '--json', '--no-worker', ...reach],
    ...(options.runFlags ?? []),
  ];
  let onEnd: (exit: Exit) => void = () => undefined;
  const ended = new Promise<Exit>((resolve) => (onEnd = resolve));
  const coordinator = keep('run', run, {
    onLine: options.onLine,
    onExit: (exit) => {
      onEnd(exit);
      return false;
    },
  });
  const cards = Array.from({ length: slotsPerNode }, (_, card) => card).join(',');
  const workerLine = (node: number): CommandLine =>
    network.within(node, [
      ...([process.execPath, bin, 'worker', ...reach, '--slots', String(slotsPerNode)] as const),
      ...(options.hasCards ? ['--gpus', cards] : []),
      ...['--work-dir', join(folder, `node-${node + 1}`), '--results', join(folder, 'none')],
    ]);
  const workers = Array.from({ length: nodes }, (_, node) =>
    keep(`node-${node + 1}`, workerLine(node), { onStart: () => options.onNodeStart?.(node) }),
  );
  server.start();
  await untilServing(network.host, port);
  for (const worker of workers) worker.start();
  // As on a rack: the nodes are there before the sweep, and don't start beside its first trials.
  await untilReady(workers.map((_, node) => join(folder, `node-${node + 1}.log`)));
  coordinator.start();
  return {
    commands: [run, workerLine(0)].map((line) => line.join(' ')),
    nodes: workers,
    centre: () => [server.pid, coordinator.pid].filter((pid) => pid !== undefined),
    ended,
    close: async () => {
      await coordinator.end('SIGINT');
      await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
      await server.end('SIGTERM');
    },
  };
}

type KeepMore = Partial<ConstructorParameters<typeof KeptProcess>[0]>;

const isPlain = ({ kind }: NodeNetwork): boolean => kind === 'processes';

/** Temporal's client waits a second when it comes before the port is open. */
async function untilServing(host: string, port: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if ((await canConnect(host, port)) && (await isServing(`${host}:${port}`, 'default', 10_000)))
      return;
    await delay(50);
  }
  throw new Error(`Temporal's server did not answer at ${host}:${port}: see its log`);
}

/** Of a worker's log: how often it has said so far that it is ready. */
export function countReady(log: string): number {
  return readFileSync(log, 'utf8').split(' ready: ').length - 1;
}

async function untilReady(logs: readonly string[]): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!logs.every((log) => countReady(log) > 0)) {
    if (Date.now() > deadline) throw new Error(`a worker is not ready: see ${logs.join(', ')}`);
    await delay(50);
  }
}
