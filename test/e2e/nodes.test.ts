/** Several nodes as a rack has them: a server, a coordinator without slots, workers elsewhere. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDocument } from 'yaml';
import type { RunEvent } from '../../src/cli/live/events.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { TrialRow } from '../../src/store/rows.js';
import { listOurProcesses } from '../chaos/our-processes.js';
import { type NodeNetwork, openNetwork } from '../nodes/network.js';
import { openRack, type Rack } from '../nodes/rack.js';

const maxTrials = 6;
const within = (ms: number) => ({ timeout: ms, interval: 50 });

let folder: string;
let network: NodeNetwork;
let rack: Rack | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-nodes-'));
  for (const name of ['home', 'tmp', 'sweeps']) mkdirSync(join(folder, name));
  cpSync(join(process.cwd(), 'zoo'), join(folder, 'zoo'), { recursive: true });
  network = await openNetwork(2);
});

afterEach(async () => {
  await rack?.close();
  for (const { pid } of listOurProcesses(folder)) process.kill(pid, 'SIGKILL');
  await network.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe.skipIf(process.platform !== 'linux')('two nodes', () => {
  it('share a sweep, of which one dies in the middle: the budget is exact and nothing is left', async () => {
    const events: RunEvent[] = [];
    rack = await openRack({
      ...{ folder, network, sweepFile: writeSweep(), results: join(folder, 'results') },
      ...{ nodes: 2, slotsPerNode: 1, hasCards: false, restartAfterMs: 100 },
      env: {
        ...{ PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home') },
        ...{ TMPDIR: join(folder, 'tmp'), TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') },
        ...{ HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
        MERGESWEEP_HEARTBEAT_SECONDS: '3',
      },
      onLine: (line) => events.push(JSON.parse(line) as RunEvent),
    });
    await vi.waitFor(() => {
      expect(events.filter(({ event }) => event === 'trial').length).toBeGreaterThan(2);
    }, within(240_000));
    rack.nodes[0]?.signal('SIGKILL');
    const { code } = await rack.ended;
    expect(code, readFileSync(join(folder, 'run.log'), 'utf8')).toBe(0);
    await rack.close();

    const trials = readTrials();
    const search = trials.filter(({ kind }) => kind === 'search');
    expect(search.map(({ trial }) => trial)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(trials.filter(({ state }) => state !== 'complete')).toEqual([]);
    expect(trials.filter(({ isDivergent }) => isDivergent)).toEqual([]);
    expect(new Set(trials.map(({ node }) => node)).size).toBe(2);
    expect(listOurProcesses(folder)).toEqual([]);
  });
});

/** Warm without the proof: that has its own test, and here two processes are to start in time. */
function writeSweep(): string {
  const sweep = parseDocument(readFileSync('sweeps/demo.yaml', 'utf8'));
  for (const index of [0, 1, 2]) sweep.setIn(['tasks', 'search', index, 'limit'], 20);
  sweep.deleteIn(['tasks', 'confirm']);
  sweep.setIn(['name'], 'nodes');
  sweep.setIn(['optimizer', 'max_trials'], maxTrials);
  sweep.setIn(['evaluation', 'mode'], 'warm');
  sweep.setIn(['evaluation', 'verify_warm'], false);
  const path = join(folder, 'sweeps', 'nodes.yaml');
  writeFileSync(path, sweep.toString());
  return path;
}

function readTrials(): TrialRow[] {
  const reader = openLedgerReader(join(folder, 'results'));
  try {
    return reader.listTrials('nodes');
  } finally {
    reader.close();
  }
}
