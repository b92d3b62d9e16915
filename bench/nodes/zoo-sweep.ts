/** The demo with the real tools on two nodes of one slot: the trials are exact, both nodes work. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLedgerReader } from '../../src/store/ledger.js';
import { listOurProcesses } from '../../test/chaos/our-processes.js';
import { offline, readDemoSpec, sweepFile } from '../demo-problem.js';
import type { NodeNetwork } from '../../test/nodes/network.js';
import { openRack } from '../../test/nodes/rack.js';

export interface ZooResult {
  readonly trials: number;
  readonly states: Readonly<Record<string, number>>;
  /** Of every kind, by node. */
  readonly perNode: Readonly<Record<string, number>>;
  /** From the first proposal of the search to the end of its last trial. */
  readonly wallSeconds: number;
  /** Of the slots' time within that, what evaluations of the search took; merges run beside them. */
  readonly busyShare: number;
  readonly faults: readonly string[];
}

/** @param folder is made */
export async function runZooSweep(
  folder: string,
  network: NodeNetwork,
  trials: number,
): Promise<ZooResult> {
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  const results = join(folder, 'results');
  const rack = await openRack({
    ...{ folder, results, network, sweepFile, nodes: 2, slotsPerNode: 1, hasCards: false },
    runFlags: ['--max-trials', String(trials)],
    restartAfterMs: 1000,
    env: {
      ...{ PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), ...offline },
      ...{ TMPDIR: join(folder, 'tmp'), TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') },
    },
    onLine: () => undefined,
  });
  let exit;
  try {
    exit = await rack.ended;
  } finally {
    await rack.close();
  }
  if (exit.code !== 0) throw new Error(`run ended with ${exit.code ?? '?'}: see ${folder}/run.log`);
  return { trials, ...summarize(folder, results, trials) };
}

function summarize(folder: string, results: string, trials: number): Omit<ZooResult, 'trials'> {
  const reader = openLedgerReader(results);
  const rows = reader.listTrials(readDemoSpec().name);
  reader.close();
  const search = rows.filter(({ kind }) => kind === 'search');
  const count = (values: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
    return counts;
  };
  const from = Math.min(...search.map((row) => Date.parse(row.proposedAt))) / 1000;
  const to = Math.max(...search.map((row) => Date.parse(row.endedAt ?? ''))) / 1000;
  const worked = search.reduce((sum, { evaluateSeconds = 0 }) => sum + evaluateSeconds, 0);
  const states = count(search.map(({ state }) => state));
  return {
    states,
    perNode: count(rows.flatMap(({ node }) => (node === undefined ? [] : [node]))),
    wallSeconds: to - from,
    busyShare: worked / (2 * (to - from)),
    faults: [
      ...(states['complete'] === trials ? [] : [`expected ${trials} complete search trials`]),
      ...listOurProcesses(folder).map(({ command }) => `outlived all: ${command.slice(0, 120)}`),
    ],
  };
}
