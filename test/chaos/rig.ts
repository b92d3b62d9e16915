/** The processes of one sweep, each started again when it dies. */
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { requireTool } from '../../src/external/find-tool.js';
import { serverArguments } from '../../src/external/temporal-server.js';
import { isAlive, isServerOf, readServerRecord } from '../../src/external/temporal-process.js';
import { KeptProcess, type Command, type Exit } from './kept-process.js';
import type { SweepPlan, Target } from './plan.js';
import type { SweepFolder } from './sweep-folder.js';

export interface RigEvents {
  readonly onStart: (target: Target, pid: number, crashAt: string | undefined) => void;
  /** Returns whether it is to be started again. */
  readonly onExit: (target: Target, exit: Exit, pid: number) => boolean;
  /** A line that the coordinator printed. */
  readonly onLine: (line: string) => void;
}

export class Rig {
  readonly coordinator: KeptProcess;
  /** Only where it is no child of the coordinator's. */
  readonly server: KeptProcess | undefined;
  readonly nodes: ReadonlyMap<Target, KeptProcess>;
  readonly runCommand: Command;
  readonly temporalDatabase: string;
  private readonly folder: SweepFolder;

  private constructor(
    root: string,
    folder: SweepFolder,
    plan: SweepPlan,
    port: number,
    events: RigEvents,
  ) {
    this.folder = folder;
    const bin = join(root, 'bin', 'mergesweep.js');
    const { env } = folder;
    const inRoot = { env, cwd: folder.path };
    const address = ['--address', `127.0.0.1:${port}`];
    const isEmbedded = plan.topology === 'embedded';
    this.temporalDatabase = isEmbedded
      ? join(folder.results, '.temporal', 'temporal.db')
      : join(folder.path, 'temporal.db');
    this.runCommand = {
      ...{ program: process.execPath, ...inRoot },
      args: [
        ...[bin, 'run', folder.sweepFile, '--results', folder.results, '--json'],
        ...(isEmbedded ? ['--slots', '2'] : ['--no-worker', ...address]),
      ],
    };
    const crashes = new Map(
      Object.entries(plan.crashes).map(([name, points]) => [name, [...points]]),
    );
    let restarts = 0;
    const restartAfterMs = (): number =>
      plan.restartAfterMs[restarts++ % plan.restartAfterMs.length] ?? 0;
    const keep = (
      target: Target,
      command: Command,
      onLine?: (line: string) => void,
    ): KeptProcess => {
      let crashAt: string | undefined;
      return new KeptProcess({
        ...{ command, restartAfterMs, logPath: join(folder.path, `${target}.log`) },
        ...(onLine === undefined ? {} : { onLine }),
        nextEnv: () => {
          crashAt = crashes.get(target)?.shift();
          return crashAt === undefined ? {} : { MERGESWEEP_CRASH_AT: crashAt };
        },
        onStart: (pid) => {
          events.onStart(target, pid, crashAt);
        },
        onExit: (exit, pid) => {
          if (target === 'server' && exit.code === 1) this.replaceHalfMadeDatabase();
          return events.onExit(target, exit, pid);
        },
      });
    };
    this.coordinator = keep('coordinator', this.runCommand, events.onLine);
    this.server = isEmbedded
      ? undefined
      : keep('server', {
          program: requireTool(readConfig({}, env, root, root).tools.temporal, env),
          args: serverArguments(port, this.temporalDatabase),
          ...inRoot,
        });
    const names: readonly Target[] = isEmbedded ? [] : ['node-1', 'node-2'];
    this.nodes = new Map(
      names.map((name) => [
        name,
        keep(name, {
          ...{ program: process.execPath, ...inRoot },
          args: [
            ...[bin, 'worker', ...address, '--slots', '1'],
            ...['--work-dir', join(folder.path, name), '--results', join(folder.path, 'none')],
          ],
        }),
      ]),
    );
  }

  static async create(
    root: string,
    folder: SweepFolder,
    plan: SweepPlan,
    events: RigEvents,
  ): Promise<Rig> {
    return new Rig(root, folder, plan, await findPort(), events);
  }

  start(): void {
    this.server?.start();
    this.coordinator.start();
    for (const node of this.nodes.values()) node.start();
  }

  /** Undefined while there is none. */
  pidOf(target: Target): number | undefined {
    if (target === 'coordinator') return this.coordinator.pid;
    if (target !== 'server') return this.nodes.get(target)?.pid;
    if (this.server !== undefined) return this.server.pid;
    const temporal = join(this.folder.results, '.temporal');
    const record = readServerRecord(temporal);
    const isThere =
      record !== undefined && isAlive(record.pid) && isServerOf(record.pid, record.dbPath);
    return isThere ? record.pid : undefined;
  }

  /** What Temporal's server forgets then is made anew from the ledger. */
  wipeDatabase(): void {
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(this.temporalDatabase + suffix, { force: true });
  }

  /** Of a server that was killed while it made its tables: whoever keeps one has to. */
  private replaceHalfMadeDatabase(): void {
    const log = readFileSync(join(this.folder.path, 'server.log'), 'utf8');
    if (log.slice(-1_000).includes('no such table')) this.wipeDatabase();
  }

  /** Ends what a finished sweep leaves: workers and a server of its own. */
  async end(signal: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.end(signal)));
    await this.coordinator.end(signal);
    await this.server?.end(signal);
  }
}

/** Below the ports that systems hand out by themselves. */
export async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () =>
        server.close(() => {
          resolve(true);
        }),
      );
    });
    if (isFree) return port;
  }
}
