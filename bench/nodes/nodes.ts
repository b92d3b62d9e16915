/** How busy the slots of several nodes are, against a generation barrier and Optuna, and under kills. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { root } from '../demo-problem.js';
import { median } from '../median.js';
import { preparePeers } from '../optimizer/peers/peers-environment.js';
import {
  type CellOrder,
  type CellRun,
  type CellSummary,
  type Peers,
  runOurs,
  runPeers,
  summarizeCell,
} from './compare-cell.js';
import { type KillSummary, runInPeace, runUnderKills, summarizeKills } from './kill-run.js';
import { type NodeNetwork, openNetwork } from '../../test/nodes/network.js';
import { medianSeconds, type NodesFlags, parseNodesFlags } from './nodes-flags.js';
import type { NodesSweepResult } from './nodes-sweep.js';
import type { BestScores } from './best-scores.js';
import { renderCells, renderCost, renderGaps } from './render-nodes.js';
import { runZooSweep } from './zoo-sweep.js';

export async function benchNodes(args: readonly string[]): Promise<Record<string, unknown>> {
  const flags = parseNodesFlags(args);
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const folder = mkdtempSync(join(root, '.setup', 'bench', `nodes-s${flags.seed}-`));
  const python = readConfig({}, process.env, root).tools.python;
  const peers = flags.hasPeers ? await preparePeers(root, python) : undefined;
  const network = await openNetwork(4);
  console.log(
    `nodes: npm run bench -- nodes ${args.join(' ')}\n` +
      `seed ${flags.seed}, ${flags.seeds} of them, ${flags.trials} trials, median ${medianSeconds} s × scale, ` +
      `${availableParallelism()} cores, load ${load()}, Node ${process.version}, in ${folder}\n` +
      (network.kind === 'namespaces'
        ? `each node and the server in a network namespace of its own (${network.host})`
        : `nodes are plain processes: ${network.reason ?? 'no namespaces'}`),
  );
  try {
    const comparing = await compareCells(flags, folder, network, peers?.python);
    const kills = await killNodes(flags, folder, network);
    const zoo =
      flags.zooTrials === 0
        ? undefined
        : await runZooSweep(join(folder, 'zoo'), network, flags.zooTrials);
    if (zoo !== undefined) console.log(`zoo: ${JSON.stringify(zoo)}`);
    const cells = await Promise.all(comparing);
    console.log(renderCells(cells));
    const cell = (slots: number) =>
      cells.find((each) => each.slots === slots && each.spread === 0.5);
    return {
      ...{ name: 'nodes', ...flags, network: network.kind },
      busyShare8: cell(8)?.busyShare ?? null,
      speedupVsBarrier8: cell(8)?.speedup.barrier ?? null,
      speedupVsBarrier16: cell(16)?.speedup.barrier ?? null,
      overheadUnderKills: kills.length === 0 ? null : median(kills.map((each) => each.overhead)),
      ...{ cells, kills, zoo: zoo ?? null },
      versions: { node: process.version, ...peers?.versions },
      load: Number(load()),
    };
  } finally {
    await network.close();
  }
}

/** The others' processes sleep nearly all the time: they run beside ours, and may end later. */
async function compareCells(
  flags: NodesFlags,
  folder: string,
  network: NodeNetwork,
  python: string | undefined,
): Promise<Promise<CellSummary>[]> {
  const summaries: Promise<CellSummary>[] = [];
  for (const { slots, spread, scale } of flags.cells) {
    const runs: Promise<CellRun>[] = [];
    for (let seed = flags.seed; seed < flags.seed + flags.seeds; seed += 1) {
      const order: CellOrder = {
        ...{ slots, spread, scale, seed, network, trials: flags.trials },
        folder: join(folder, `${slots}-${spread}-${seed}`),
      };
      const name = `${slots} slots, spread ${spread}, scale ${scale}, seed ${seed}`;
      const peers = python === undefined ? undefined : runPeers(order, python);
      // Looked at below; until then a failure is not lost, and not fatal.
      peers?.catch(() => undefined);
      const ours = await runOurs(order);
      if (runs.length === 0 && summaries.length === 0) console.log(ours.commands.join('\n'));
      report(name, ours);
      runs.push(compareRun(name, order, ours, peers));
    }
    summaries.push(Promise.all(runs).then(summarizeCell));
  }
  return summaries;
}

async function compareRun(
  name: string,
  order: CellOrder,
  ours: NodesSweepResult,
  running: Promise<Peers> | undefined,
): Promise<CellRun> {
  const peers = await running;
  for (const [peer, result] of Object.entries(peers ?? {}))
    console.log(
      `${name}: ${peer} ${result.wallSeconds.toFixed(1)} s, busy ${(100 * result.busyShare).toFixed(1)} %, ` +
        `${describeBest(result.best)}, ${result.trials} trials`,
    );
  return { order, ours, peers };
}

async function killNodes(
  flags: NodesFlags,
  folder: string,
  network: NodeNetwork,
): Promise<(KillSummary & { readonly faults: readonly string[] })[]> {
  if (flags.kills === 0) return [];
  const { seed, trials } = flags;
  const place = (name: string) => ({ folder: join(folder, name), seed, network, trials });
  const peace = await runInPeace(place('peace'));
  report('in peace', peace);
  const summaries = [];
  for (let repeat = 1; repeat <= flags.kills; repeat += 1) {
    const killed = await runUnderKills({ ...place(`kills-${repeat}`), killSeed: repeat });
    report(`a node killed every 5 s, ${repeat}`, killed.result);
    const summary = summarizeKills(peace.wallSeconds, killed);
    console.log(renderCost(summary, killed.cost));
    const { faults } = killed.result;
    summaries.push({ ...summary, ...killed.cost, states: killed.result.states, faults });
  }
  return summaries;
}

function report(name: string, result: NodesSweepResult): void {
  const { wallSeconds, busyShare, steadyShare, best, states, faults, cpuSeconds } = result;
  const ms = (seconds: number): string => `${(1000 * seconds).toFixed(0)} ms`;
  console.log(
    `${name}: ${wallSeconds.toFixed(1)} s, busy ${(100 * busyShare).toFixed(2)} % (${(100 * steadyShare).toFixed(2)} % once all slots were taken), ` +
      `${describeBest(best)}, ${JSON.stringify(states)} (load ${load()})\n` +
      `  CPU a trial: server and run ${ms(cpuSeconds.centre)}, nodes with tools ${ms(cpuSeconds.nodes)}, stand-ins of it ${ms(cpuSeconds.standIn)}\n` +
      renderGaps(result.gaps),
  );
  for (const fault of faults) console.log(`  FAULT ${fault}`);
}

const describeBest = ({ tried, measuredBest, ofFive }: BestScores): string =>
  `best tried ${tried.toFixed(4)}, of five finalists ${ofFive.toFixed(4)}, measured best ${measuredBest.toFixed(4)}`;

const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
