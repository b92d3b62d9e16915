/**
 * The overhead ledger of one warm trial: what each part of it costs, and what stands around it.
 *
 * The parts are measured one after the other in one process (overhead-trials.ts), the roles in a
 * real sweep, where the next merge runs beside an evaluation (overhead-sweep.ts). What mergesweep's
 * own process uses there beyond its parts is Temporal's SDK, the workflows, the watching.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { addCosts, type Cost } from './cost.js';
import { root } from '../demo-problem.js';
import type { BenchFlags } from '../flags.js';
import { measureSweep, type SweepCost } from './overhead-sweep.js';
import { measureTrials, trialParts, type TrialCost, type TrialPart } from './overhead-trials.js';
import { announce } from '../tell.js';

const meanings: Readonly<Record<TrialPart, string>> = {
  merge: 'child   merge',
  copy: 'child   copy into the model',
  forward: "child   the model's calls",
  score: 'child   scoring around them',
  write: "child   lm-eval's files",
  ipc: 'node    IPC',
  read: 'node    reading the output, packing it',
  files: 'node    work folder, hashes, copies, logs',
  tellAsk: 'node    tell and ask',
  commit: 'node    SQLite begin and commit',
};
const nodeParts = ['ipc', 'read', 'files', 'tellAsk', 'commit'] as const;

export async function benchOverhead({
  trials,
  seed,
}: BenchFlags): Promise<Record<string, unknown>> {
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const folder = mkdtempSync(join(root, '.setup', 'bench', `overhead-s${seed}-`));
  console.log(
    `overhead: ${trials} search trials each, seed ${seed}, ${availableParallelism()} cores, in ${folder}`,
  );
  const order = { folder, trials, seed };
  const sweep = await measureSweep(order);
  announce('trials one by one', 'in this process', []);
  const parts = await measureTrials(order);
  const { server, node } = sweep.cpuMs;
  const ownParts = addCosts(...nodeParts.map((part) => parts[part]));
  const rest = { node: node - ownParts.cpuMs, server };
  printTable(parts, sweep, rest);
  return {
    name: 'overhead',
    ...{ trials, seed },
    partsMs: parts,
    sweepMs: sweep,
    restCpuMs: rest,
    orchestrationCpuMs: node + server,
    childShare: sweep.cpuMs.child / (sweep.cpuMs.child + node + server),
  };
}

function printTable(
  parts: TrialCost,
  { wallMs, cpuMs, mergeMs, evaluateMs }: SweepCost,
  rest: { readonly node: number; readonly server: number },
): void {
  const row = (what: string, wall: string, cpu: number): void => {
    console.log(`${what.padEnd(44)}${wall.padStart(10)}${cpu.toFixed(1).padStart(10)}`);
  };
  const costRow = (what: string, cost: Cost): void => {
    row(what, cost.wallMs.toFixed(1), cost.cpuMs);
  };
  console.log(
    `${'of one search trial'.padEnd(44)}${'wall ms'.padStart(10)}${'CPU ms'.padStart(10)}`,
  );
  for (const part of trialParts) costRow(meanings[part], parts[part]);
  costRow('one by one, without Temporal', addCosts(...trialParts.map((part) => parts[part])));
  row("node    Temporal's SDK, workflows, watching", '', rest.node);
  row("server  Temporal's server", '', rest.server);
  row('a real sweep: children', '', cpuMs.child);
  row('a real sweep: orchestration', '', cpuMs.node + cpuMs.server);
  row('a real sweep', wallMs.toFixed(1), cpuMs.child + cpuMs.node + cpuMs.server + cpuMs.other);
  console.log(
    `In the sweep a merge took ${mergeMs.toFixed(0)} ms and an evaluation ${evaluateMs.toFixed(0)} ms; they overlap.`,
  );
}
