/** What a sweep costs around its evaluations, at 100 and 1,000 trials and with 4 and 16 slots. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { root } from '../demo-problem.js';
import { parseWholeFlags } from '../flags.js';
import { measureColdStart } from './cold-start.js';
import { type CellCost, measureCell } from './cost-cell.js';

const coldStarts = 3;

export async function benchOrchestration(
  args: readonly string[],
): Promise<Record<string, unknown>> {
  const least = { trials: 4, slots: 1, seed: 0, 'trial-ms': 0, 'cold-starts': 0, model: 0 };
  const flags = parseWholeFlags(args, least);
  const { seed = 1, 'trial-ms': trialMs = 200, 'cold-starts': starts = coldStarts } = flags;
  const hasModel = (flags.model ?? 0) > 0;
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const folder = mkdtempSync(join(root, '.setup', 'bench', `orchestration-s${seed}-`));
  console.log(
    `orchestration: trials of ${trialMs} ms, seed ${seed}, ${availableParallelism()} cores, Node ${process.version}, in ${folder}`,
  );
  const cold = [];
  for (let index = 0; index < starts; index += 1) {
    const start = await measureColdStart(join(folder, `cold-${index}`), seed);
    console.log(
      `cold start to the first merge: ${start.seconds.toFixed(2)} s, ${start.cpuSeconds.toFixed(2)} CPU-s`,
    );
    cold.push(start);
  }
  const cells: Cell[] = [];
  for (const trials of flags.trials === undefined ? [100, 1_000] : [flags.trials]) {
    for (const slots of flags.slots === undefined ? [4, 16] : [flags.slots]) {
      const path = join(folder, `${trials}-trials-${slots}-slots`);
      const cost = await measureCell({ folder: path, trials, slots, seed, trialMs, hasModel });
      const cell = { trials, slots, ...cost, totalMs: sum(cost) };
      console.log(renderCell(cell));
      cells.push(cell);
    }
  }
  return {
    ...{ name: 'orchestration', seed, trialMs, hasModel },
    cpuMsPerTrial100: bySlots(cells, 100),
    cpuMsPerTrial1000: bySlots(cells, 1_000),
    temporalBytesPerTrial: Math.max(...cells.map(({ temporalBytes }) => temporalBytes)),
    coordinatorRssMb: Math.max(...cells.map(({ rssMb }) => rssMb.most)),
    coldStartSeconds: cold.map(({ seconds }) => seconds).sort((a, b) => a - b)[cold.length >> 1],
    ...{ cells, cold },
    versions: { node: process.version },
    load: Number(loadavg()[0]?.toFixed(1)),
  };
}

interface Cell extends CellCost {
  readonly trials: number;
  readonly slots: number;
  /** CPU of all three processes. */
  readonly totalMs: number;
}

const sum = ({ cpuMs }: CellCost): number => cpuMs.server + cpuMs.coordinator + cpuMs.node;

function bySlots(cells: readonly Cell[], trials: number): Record<number, number> {
  return Object.fromEntries(
    cells.filter((cell) => cell.trials === trials).map(({ slots, totalMs }) => [slots, totalMs]),
  );
}

function renderCell({ trials, slots, wallMs, cpuMs, totalMs, temporalBytes, rssMb }: Cell): string {
  const { server, coordinator, node } = cpuMs;
  return (
    `${trials} trials, ${slots} slots: ${wallMs.toFixed(0)} ms wall and ${totalMs.toFixed(0)} ms CPU a trial ` +
    `(server ${server.toFixed(0)}, coordinator ${coordinator.toFixed(0)}, node ${node.toFixed(0)}), ` +
    `${(temporalBytes / 1000).toFixed(1)} KB in Temporal, coordinator ${rssMb.quarter.toFixed(0)} MB ` +
    `at a quarter, ${rssMb.most.toFixed(0)} MB at most since (load ${loadavg()[0]?.toFixed(1)})`
  );
}
