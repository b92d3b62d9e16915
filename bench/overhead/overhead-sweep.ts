/** The real `mergesweep run`, and which of its processes used the CPU. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunEvent } from '../../src/cli/live/events.js';
import { offline, root, sweepFile } from '../demo-problem.js';
import { listTree } from '../process-tree-cpu.js';
import { announce } from '../tell.js';

/** `node` is mergesweep itself: workflows, activities, ledger, what is printed. */
export type Role = 'child' | 'server' | 'node' | 'other';

/** Of one search trial; ms. */
export interface SweepCost {
  readonly wallMs: number;
  readonly cpuMs: Readonly<Record<Role, number>>;
  /** What the node says of its trials; stages of two trials overlap. */
  readonly mergeMs: number;
  readonly evaluateMs: number;
}

export interface OverheadOrder {
  /** Exists. */
  readonly folder: string;
  readonly trials: number;
  readonly seed: number;
}

interface Look {
  readonly atMs: number;
  readonly cpuMs: Readonly<Record<Role, number>>;
}

/**
 * From the end of the last baseline to the end of the last search trial: imports, the proof that warm
 * equals cold, and confirmations are left out. Ends are seen when `run` prints them, within 500 ms.
 * @throws when it ends before all search trials are complete
 */
export async function measureSweep(order: OverheadOrder): Promise<SweepCost> {
  const { folder, trials, seed } = order;
  const args = [
    join(root, 'bin', 'mergesweep.js'),
    'run',
    sweepFile,
    ...['--results', join(folder, 'results'), '--max-trials', String(trials)],
    ...['--seed', String(seed), '--json'],
  ];
  announce('sweep', process.execPath, args);
  const logPath = join(folder, 'sweep.log');
  const sweep = execa(process.execPath, args, {
    ...{ cwd: root, env: offline, stdin: 'ignore', stdout: 'pipe', stderr: { file: logPath } },
    buffer: false,
    reject: false,
  });
  let from: Look | undefined;
  let to: Look | undefined;
  const merges: number[] = [];
  const evaluations: number[] = [];
  for await (const line of sweep.iterable({ from: 'stdout' })) {
    const event = JSON.parse(line) as RunEvent;
    if (event.event !== 'trial' || sweep.pid === undefined) continue;
    if (event.kind === 'baseline') from = look(sweep.pid);
    if (event.kind !== 'search' || event.state !== 'complete') continue;
    merges.push((event.mergeSeconds ?? 0) * 1000);
    evaluations.push((event.evaluateSeconds ?? 0) * 1000);
    if (merges.length < trials) continue;
    to = look(sweep.pid);
    // Confirmations would need a proof of their own, of a minute.
    sweep.kill('SIGINT');
    break;
  }
  await sweep;
  if (from === undefined || to === undefined) {
    throw new Error(`expected ${trials} complete trials, got ${merges.length}: see ${logPath}`);
  }
  const [first, last] = [from, to];
  const perTrial = (role: Role): number => (last.cpuMs[role] - first.cpuMs[role]) / trials;
  return {
    wallMs: (last.atMs - first.atMs) / trials,
    cpuMs: {
      child: perTrial('child'),
      server: perTrial('server'),
      node: perTrial('node'),
      other: perTrial('other'),
    },
    mergeMs: mean(merges),
    evaluateMs: mean(evaluations),
  };
}

function look(pid: number): Look {
  const cpuMs: Record<Role, number> = { child: 0, server: 0, node: 0, other: 0 };
  for (const process of listTree(pid)) {
    cpuMs[process.pid === pid ? 'node' : roleOf(process.pid)] += process.cpuSeconds * 1000;
  }
  return { atMs: performance.now(), cpuMs };
}

function roleOf(pid: number): Role {
  let command = '';
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It ended meanwhile.
  }
  if (command.includes('mergesweep_warm')) return 'child';
  return command.includes('start-dev') ? 'server' : 'other';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
