/** What Temporal's own tools show of a sweep: read with the `temporal` command from a real server. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { startSweep } from '../../src/client/start-sweep.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import {
  announceSignalName,
  coordinatorQueue,
  nodesWorkflowId,
  sweepWorkflowId,
} from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, type Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;

beforeAll(async () => {
  harness = await openHarness();
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
});
afterAll(async () => {
  await rig.stop();
  await harness.close();
});

async function temporal(...words: string[]): Promise<string> {
  const command = readConfig({}, process.env, process.cwd()).tools.temporal;
  const address = ['--address', harness.env.address];
  const { stdout } = await promisify(execFile)(command, ['workflow', ...words, ...address]);
  return stdout;
}

it('shows the sweep, its trials and its nodes, and costs no event', async () => {
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
  const { events = [] } = await handle.fetchHistory();
  const scheduled = events.flatMap(
    ({ activityTaskScheduledEventAttributes: asked, userMetadata }) =>
      asked?.activityType?.name === 'runTrial' ? [String(userMetadata?.summary?.data)] : [],
  );
  expect(scheduled).toEqual(['1', '2', '3'].map((trial) => `"trial demo#${trial} · base"`));
  // Details are state, where a memo would be an event for each.
  expect(events.filter((event) => event.workflowPropertiesModifiedEventAttributes)).toEqual([]);
});
