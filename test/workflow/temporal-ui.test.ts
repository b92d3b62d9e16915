/** What Temporal's own tools show of a sweep: read with the `temporal` command from a real server. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { startSweep } from '../../src/client/start-sweep.js';
import { createLiveSource } from '../../src/client/sweep-nodes.js';
import { acquireWriterLock, isLockHeld } from '../../src/store/writer-lock.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import {
  announceSignalName,
  coordinatorQueue,
  nodesWorkflowId,
  sweepWorkflowId,
} from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, untilCancelled, type Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;

beforeAll(async () => {
  harness = await openHarness();
});
afterEach(() => rig.stop());
afterAll(() => harness.close());

async function temporal(...words: string[]): Promise<string> {
  const command = readConfig({}, process.env, process.cwd()).tools.temporal;
  const address = ['--address', harness.env.address];
  const { stdout } = await promisify(execFile)(command, ['workflow', ...words, ...address]);
  return stdout;
}

it('shows the sweep, its trials and its nodes, and costs no event', async () => {
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
  const gate = createGate();
  rig.runTrial = async ({ trial }) => {
    if (trial === '3') await gate.opened;
    return makeResult(trial);
  };
  await rig.startCoordinator();
  await rig.startNode(1);
  const { ledgerId, pool } = rig;
  const { client } = harness.env;
  const registry = { client, pool, registryTaskQueue: coordinatorQueue(ledgerId) };
  await signalRegistry(registry, announceSignalName, { nodeId: 'node-1', slots: 1 });
  const open = { ledgerId, sweep: 'demo', specText: '', specPath: '/demo.yaml' };
  const traits = ['dare_ties', '3 trials'];
  const handle = await startSweep({ ...registry, open, capacity: 2, traits });
  await vi.waitFor(
    () => {
      expect(rig.told).toHaveLength(2);
    },
    { timeout: 20_000 },
  );
  const id = sweepWorkflowId(ledgerId, 'demo');
  const described = await temporal('describe', '-w', id);
  expect(described).toContain('StaticSummary  "sweep demo · dare_ties · 3 trials"');
  await vi.waitFor(
    async () => {
      const details = await temporal('metadata', '-w', id);
      expect(details).toContain('**demo**: running');
      expect(details).toContain('- trials: 2 of 3 ended\n- best: none yet\n');
      expect(details).toContain('- in flight: #3');
    },
    { timeout: 30_000, interval: 500 },
  );
  const nodes = await temporal('metadata', '-w', nodesWorkflowId(pool));
  expect(nodes).toContain('| node-1 | ready |');
  expect(nodes).toContain(`- ${id}: 2`);

  gate.open();
  await handle.result();
  const events = (await handle.fetchHistory()).events ?? [];
  const scheduled = events.flatMap(
    ({ activityTaskScheduledEventAttributes: asked, userMetadata }) =>
      asked?.activityType?.name === 'runTrial' ? [String(userMetadata?.summary?.data)] : [],
  );
  expect(scheduled).toEqual(['1', '2', '3'].map((trial) => `"trial demo#${trial} · base"`));
  // Details are state, where a memo would be an event for each.
  expect(events.filter((event) => event.workflowPropertiesModifiedEventAttributes)).toEqual([]);
});

it('tells status what runs, through the process that holds the folder', async () => {
  const results = mkdtempSync(join(tmpdir(), 'live-'));
  const lock = acquireWriterLock(results);
  if (isLockHeld(lock)) throw new Error('held');
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
  const { ledgerId, pool } = rig;
  rig.runTrial = () =>
    untilCancelled({ stage: 'evaluate', percent: 40, node: 'node-1', slot: 'slot-1' });
  await rig.startCoordinator();
  await rig.startNode(1);
  const handle = await rig.start(2);
  lock.describe({
    ...{ pid: process.pid, host: 'here', startedAt: '', pool },
    temporalAddress: harness.env.address,
  });
  const source = createLiveSource({
    ...{ resultsDir: results, ledgerId, flags: {}, env: {}, answerWithinMs: 20_000 },
  });
  const startedAt = '2026-01-01T00:00:00.000Z';
  const open = [{ trial: '1', startedAt }, { trial: '2', startedAt }, { trial: '3' }];
  await vi.waitFor(
    async () => {
      expect(await source.look('demo', open)).toEqual({
        nodes: [expect.objectContaining({ id: 'node-1', state: 'ready', slots: 1, busy: 1 })],
        running: [
          {
            ...{ trial: '1', node: 'node-1', slot: 'slot-1', stage: 'evaluate', percent: 40 },
            seconds: expect.any(Number) as number,
          },
          // Handed out, and no node has taken it; not handed out at all.
          { trial: '2', stage: 'queued', percent: 0 },
          { trial: '3', stage: 'queued', percent: 0 },
        ],
      });
    },
    { timeout: 60_000, interval: 250 },
  );
  await source.close();
  lock.release();
  await handle.terminate();
  rmSync(results, { recursive: true });
});
