import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { openHarness, SweepRig } from './harness.js';
import type { Harness } from './harness.js';

const stored = new URL('../histories/', import.meta.url);

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

describe('replay', () => {
  it('repeats a history that was just made', async () => {
    const rig = new SweepRig(harness, new FakeLedger({ maxTrials: 5 }));
    await rig.startCoordinator();
    await rig.startNode(2);
    const handle = await rig.start(2);
    await handle.result();
    await rig.stop();
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: harness.bundle }, history);
  });

  const files = readdirSync(stored).filter((name) => name.endsWith('.json'));

  it('has stored histories to repeat', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  // Sweeps of former versions that are in flight must survive the change.
  it.each(files)('repeats the stored history %s', async (file) => {
    const history = historyFromJSON(JSON.parse(readFileSync(new URL(file, stored), 'utf8')));
    await Worker.runReplayHistory({ workflowBundle: harness.bundle }, history);
  });
});
