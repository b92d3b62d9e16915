/** What one sweep costs around its evaluations: a server, a coordinator and a node, each a process of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { requireTool } from '../../src/external/find-tool.js';
import { isServing } from '../../src/external/temporal-health.js';
import { serverArguments } from '../../src/external/temporal-server.js';
import { readConfig } from '../../src/config.js';
import type { RunEvent } from '../../src/cli/live/events.js';
import { findPort } from '../../test/chaos/rig.js';
import { renderSweepFile } from '../../test/chaos/sweep-folder.js';
import { offline, root } from '../demo-problem.js';
import { listTree } from '../process-tree-cpu.js';
import { announce } from '../tell.js';

export interface CellOrder {
  /** Exists. */
  readonly folder: string;
  readonly trials: number;
  readonly slots: number;
  readonly seed: number;
  /** Of an evaluation and its merge. */
  readonly trialMs: number;
  /** False: points of a sequence. True: the default search, whose models of the results cost more than the rest. */
  readonly hasModel: boolean;
}

type Role = 'server' | 'coordinator' | 'node';

/** Of one search trial, between the last end of a baseline and the last of a search trial. */
export interface CellCost {
  readonly wallMs: number;
  readonly cpuMs: Readonly<Record<Role, number>>;
  readonly temporalBytes: number;
  /** Of the coordinator's process, at a quarter of the trials and the most since then. */
  readonly rssMb: { readonly quarter: number; readonly most: number };
}

/** @throws when the sweep ends before all search trials are complete */
export async function measureCell(order: CellOrder): Promise<CellCost> {
  const { folder, trials, slots, trialMs } = order;
  mkdirSync(folder, { recursive: true });
  const sweepFile = writeSweep(order);
  const address = `127.0.0.1:${await findPort()}`;
  const database = join(folder, 'temporal.db');
  const stdio = (name: string) => ({
    ...{ cwd: root, stdin: 'ignore' as const, stdout: 'pipe' as const, buffer: false as const },
    ...{ stderr: { file: join(folder, `${name}.log`) }, reject: false as const },
  });
  const { temporal } = readConfig({}, process.env, root, root).tools;
  const server = execa(
    requireTool(temporal, process.env),
    serverArguments(Number(address.split(':')[1]), database),
    // As the embedded one has them.
    { ...stdio('server'), stdout: 'ignore', env: { GOMAXPROCS: '1', GOGC: '400' } },
  );
  const args = [
    ...[join(root, 'bin', 'mergesweep.js'), 'run', sweepFile],
    ...['--results', join(folder, 'results'), '--no-worker', '--address', address, '--json'],
  ];
  announce('orchestration', process.execPath, args);
  await untilServing(address);
  const coordinator = execa(process.execPath, args, { ...stdio('coordinator'), env: offline });
  const node = execa(
    process.execPath,
    [
      ...['--import', 'tsx', join(root, 'bench', 'orchestration', 'stand-in-node.ts')],
      ...[address, String(slots), String(trialMs)],
    ],
    { ...stdio('node'), stdout: 'ignore' },
  );
  const pids = { server: server.pid, coordinator: coordinator.pid, node: node.pid };
  const look = (): Look => ({
    atMs: performance.now(),
    cpuMs: mapRoles((role) => cpuOf(pids[role])),
    bytes: sizeOf(database),
  });
  let from: Look | undefined;
  let to: Look | undefined;
  let [ended, quarter, most] = [0, 0, 0];
  const timer = setInterval(() => {
    most = Math.max(most, rssOf(coordinator.pid));
  }, 200);
  try {
    for await (const line of coordinator.iterable({ from: 'stdout' })) {
      const event = JSON.parse(line) as RunEvent;
      if (event.event !== 'trial') continue;
      if (event.kind === 'baseline' && ended === 0) from = look();
      if (event.kind !== 'search' || event.state !== 'complete') continue;
      ended += 1;
      if (ended === Math.floor(trials / 4)) {
        quarter = rssOf(coordinator.pid);
        most = quarter;
      }
      if (ended < trials) continue;
      to = look();
      break;
    }
  } finally {
    clearInterval(timer);
    for (const program of [coordinator, node, server]) program.kill('SIGKILL');
    await Promise.all([coordinator, node, server]);
  }
  if (from === undefined || to === undefined)
    throw new Error(`expected ${trials} complete trials, got ${ended}: see ${folder}`);
  const [first, last] = [from, to];
  return {
    wallMs: (last.atMs - first.atMs) / trials,
    cpuMs: mapRoles((role) => (last.cpuMs[role] - first.cpuMs[role]) / trials),
    temporalBytes: (last.bytes - first.bytes) / trials,
    rssMb: { quarter, most },
  };
}

function writeSweep({ folder, trials, seed, hasModel }: CellOrder): string {
  const path = join(folder, 'sweep.yaml');
  const search = { max_trials: trials, seed, finalists: 1, ...(hasModel ? {} : { name: 'sobol' }) };
  const plan = { mode: 'auto', seed, trials } as const;
  writeFileSync(path, renderSweepFile(root, plan, { name: 'cost', optimizer: search }));
  return path;
}

interface Look {
  readonly atMs: number;
  readonly cpuMs: Readonly<Record<Role, number>>;
  readonly bytes: number;
}

function mapRoles(valueOf: (role: Role) => number): Record<Role, number> {
  return {
    server: valueOf('server'),
    coordinator: valueOf('coordinator'),
    node: valueOf('node'),
  };
}

function cpuOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  return listTree(pid).reduce((sum, { cpuSeconds }) => sum + cpuSeconds * 1000, 0);
}

/** Resident, in MB. */
function rssOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Of the pages in use, those that are only in the log of it included. */
function sizeOf(database: string): number {
  const db = new Database(database, { readonly: true });
  try {
    const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
      Number(db.pragma(name, { simple: true })),
    );
    return ((pages ?? 0) - (free ?? 0)) * (size ?? 0);
  } finally {
    db.close();
  }
}

async function untilServing(address: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isServing(address, 'default', 2_000)))
    if (Date.now() > deadline) throw new Error(`no Temporal server at ${address} in a minute`);
}
