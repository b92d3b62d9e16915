/** One sweep by the real processes on several nodes, with stand-in tools; what its slots did. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { TrialRow } from '../../src/store/rows.js';
import { listOurProcesses } from '../../test/chaos/our-processes.js';
import { readTreeCpuSeconds } from '../process-tree-cpu.js';
import type { NodeNetwork } from '../../test/nodes/network.js';
import { type BestScores, findBestScores } from './best-scores.js';
import { renderSweep, sweepName } from './problem.js';
import { openRack, type Rack } from '../../test/nodes/rack.js';
import { makeStandIns, type Pace, type StandInTools } from './stand-in.js';
import {
  busyShare,
  type GapReport,
  type Interval,
  listIntervals,
  listOverlaps,
  reportGaps,
} from './timeline.js';

export interface NodesSweepOrder {
  /** Is made. */
  readonly folder: string;
  readonly network: NodeNetwork;
  readonly nodes: number;
  readonly slotsPerNode: number;
  readonly pace: Pace;
  readonly trials: number;
  /** @default 30 */
  readonly heartbeatSeconds?: number;
  /** @default 1000 */
  readonly restartAfterMs?: number;
  /** Is given the rack when the first evaluation has begun; what it returns is called at the end. */
  readonly disturb?: (rack: Rack) => () => void;
  readonly onNodeStart?: (node: number) => void;
}

export interface NodesSweepResult {
  /** From the first proposal of the search to the end of its last trial. */
  readonly wallSeconds: number;
  /** Of the slots, between first and last proposal. */
  readonly busyShare: number;
  /** The same from when every slot had its first trial. */
  readonly steadyShare: number;
  readonly gaps: GapReport;
  readonly best: BestScores;
  /** Search trials by state. */
  readonly states: Readonly<Record<string, number>>;
  /** What should not be: each a sentence. */
  readonly faults: readonly string[];
  /** CPU-seconds per trial of server and `run`, of the nodes and what they ran, of the stand-ins alone. */
  readonly cpuSeconds: {
    readonly centre: number;
    readonly nodes: number;
    readonly standIn: number;
  };
  readonly evaluations: readonly Interval[];
  readonly merges: readonly Interval[];
  readonly commands: readonly string[];
}

/** CPU-seconds of process trees, those of roots that have died as they were last seen. */
class CpuTally {
  private readonly seen = new Map<string, Map<number, number>>();

  look(name: string, roots: readonly number[]): void {
    const known = this.seen.get(name) ?? new Map<number, number>();
    this.seen.set(name, known);
    for (const pid of roots) known.set(pid, Math.max(known.get(pid) ?? 0, readTreeCpuSeconds(pid)));
  }

  sum(name: string): number {
    return [...(this.seen.get(name)?.values() ?? [])].reduce((total, each) => total + each, 0);
  }
}

const patienceMs = 1_500_000;

export async function runNodesSweep(order: NodesSweepOrder): Promise<NodesSweepResult> {
  const { folder, pace, nodes, slotsPerNode, trials } = order;
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  const tools = makeStandIns(folder, pace);
  const sweepFile = join(folder, 'nodes.yaml');
  writeFileSync(sweepFile, renderSweep(trials, pace.seed));
  const results = join(folder, 'results');
  const cpu = new CpuTally();
  const rack = await openRack({
    ...{ folder, results, sweepFile, nodes, slotsPerNode, network: order.network },
    hasCards: true,
    restartAfterMs: order.restartAfterMs ?? 1000,
    env: environment(folder, tools, order.heartbeatSeconds ?? 30),
    onLine: () => undefined,
    ...(order.onNodeStart === undefined ? {} : { onNodeStart: order.onNodeStart }),
  });
  const timer = setInterval(() => {
    cpu.look('centre', rack.centre());
    cpu.look(
      'nodes',
      rack.nodes.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    );
  }, 1000);
  let calm: (() => void) | undefined;
  const starter = setInterval(() => {
    if (calm !== undefined || tools.readTimeline().length === 0) return;
    calm = order.disturb?.(rack) ?? (() => undefined);
  }, 100);
  let exit;
  try {
    exit = await withinPatience(rack.ended);
  } finally {
    clearInterval(timer);
    clearInterval(starter);
    calm?.();
    await rack.close();
  }
  if (exit.code !== 0)
    throw new Error(`run ended with ${exit.code ?? exit.signal ?? '?'}: see ${folder}/run.log`);
  return { ...summarize(order, tools, cpu), commands: rack.commands };
}

function summarize(
  { folder, nodes, slotsPerNode, trials }: NodesSweepOrder,
  tools: StandInTools,
  cpu: CpuTally,
): Omit<NodesSweepResult, 'commands'> {
  const rows = readTrials(join(folder, 'results')).filter(({ kind }) => kind === 'search');
  const timeline = tools.readTimeline();
  const [evaluations, merges] = [
    listIntervals(timeline, 'evaluate'),
    listIntervals(timeline, 'merge'),
  ];
  const proposedAt = new Map(rows.map((row) => [row.input.workKey, seconds(row.proposedAt)]));
  const proposals = [...proposedAt.values()];
  const [first, last] = [Math.min(...proposals), Math.max(...proposals)];
  const ends = rows.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [seconds(endedAt)]));
  const slots = nodes * slotsPerNode;
  const within = evaluations.filter(({ start }) => start < last);
  const states: Record<string, number> = {};
  for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
  return {
    wallSeconds: Math.max(...ends) - first,
    busyShare: busyShare(evaluations, slots, first, last),
    steadyShare: busyShare(evaluations, slots, findFilled(evaluations), last),
    gaps: reportGaps(within, merges, proposedAt, first),
    best: findBestScores(evaluations),
    states,
    faults: findFaults(rows, evaluations, { trials, folder }),
    cpuSeconds: {
      centre: cpu.sum('centre') / trials,
      nodes: cpu.sum('nodes') / trials,
      standIn: tools.readCost().cpuSeconds / trials,
    },
    evaluations,
    merges,
  };
}

/** When the last of the slots got its first trial. */
function findFilled(evaluations: readonly Interval[]): number {
  const firsts = new Map<string, number>();
  for (const { node, slot, start } of evaluations) {
    const name = `${node} ${slot}`;
    firsts.set(name, Math.min(start, firsts.get(name) ?? Infinity));
  }
  return Math.max(...firsts.values());
}

function findFaults(
  rows: readonly TrialRow[],
  evaluations: readonly Interval[],
  { trials, folder }: { readonly trials: number; readonly folder: string },
): string[] {
  const faults: string[] = [];
  if (rows.length !== trials) faults.push(`expected ${trials} search trials, got ${rows.length}`);
  if (new Set(rows.map(({ trial }) => trial)).size !== rows.length)
    faults.push('a trial is there twice');
  for (const { trial, isDivergent } of rows)
    if (isDivergent) faults.push(`trial ${trial} was scored twice, and differently`);
  for (const { trial, state } of rows)
    if (state !== 'complete') faults.push(`trial ${trial} is ${state}`);
  for (const [one, two] of listOverlaps(evaluations))
    faults.push(
      `evaluations ${one.number} and ${two.number} overlap in ${one.node} slot ${one.slot}`,
    );
  for (const { pid, command } of listOurProcesses(folder))
    faults.push(`process ${pid} outlived all: ${command.slice(0, 120)}`);
  return faults;
}

const seconds = (iso: string): number => Date.parse(iso) / 1000;

function readTrials(results: string): TrialRow[] {
  const reader = openLedgerReader(results);
  try {
    return reader.listTrials(sweepName);
  } finally {
    reader.close();
  }
}

function environment(
  folder: string,
  tools: StandInTools,
  heartbeatSeconds: number,
): Record<string, string> {
  return {
    // Cards are made up, so nobody may ask the real nvidia-smi.
    PATH: `${join(folder, 'tools')}:${process.env['PATH'] ?? ''}`,
    HOME: join(folder, 'home'),
    // It reaches every process of the run, and so tells them from all others.
    TMPDIR: join(folder, 'tmp'),
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    MERGESWEEP_MERGEKIT_YAML: tools.mergekitYaml,
    MERGESWEEP_LM_EVAL: tools.lmEval,
    MERGESWEEP_PYTHON: tools.python,
    MERGESWEEP_HEARTBEAT_SECONDS: String(heartbeatSeconds),
  };
}

async function withinPatience<T>(awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the sweep did not end within ${patienceMs / 60_000} minutes`));
    }, patienceMs);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
