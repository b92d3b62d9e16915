import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { nodeRefused } from '../../activities/refuse-node.js';
import { WorkFolder } from '../../src/external/work-folder.js';
import { HandIn } from '../../src/worker/hand-in.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { handInSignalName } from '../../workflows/messages.js';
import { makeComplete, makeResult } from '../../workflows/trial.fixture.js';
import { openHarness, SweepRig, untilCancelled } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;
let folder: string;

beforeAll(async () => {
  harness = await openHarness();
  folder = mkdtempSync(join(tmpdir(), 'hand-in-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await harness.close();
});
afterEach(() => rig.stop());

const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 25 });

describe('a result that a node hands in', () => {
  it('counts, ends the attempt that runs elsewhere, and is dropped when it comes again', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    let cancelled = 0;
    rig.runTrial = async ({ trial }) => {
      if (trial === '2') return makeResult(trial);
      try {
        return await untilCancelled();
      } finally {
        cancelled += 1;
      }
    };
    await rig.startCoordinator();
    await rig.startNode(2);
    const handle = await rig.start(2);
    await until(() => {
      expect([rig.started.includes('1'), rig.told]).toEqual([true, ['2 complete']]);
    });
    const { ledgerId } = rig;
    const owner = { ledgerId, sweep: 'demo', trial: '1' };
    const work = await WorkFolder.open(folder, 'key-1', {}, owner);
    await work.writeResult(makeResult('1'));
    await handle.signal(handInSignalName, makeComplete('2'));
    const { client } = harness.env;
    const handIn = new HandIn({ client, nodeId: 'n1', workRoot: folder, youngestMs: 0 });
    await handIn.look();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
    expect(rig.told).toEqual(['2 complete', '1 complete']);
    await until(() => {
      expect(cancelled).toBe(1);
    });
  });
});

describe('a node that refuses a trial', () => {
  it('gives it to another, and it has all its attempts there', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    const attempts: number[] = [];
    rig.runTrial = ({ trial }) => {
      attempts.push(Context.current().info.attempt);
      if (attempts.length === 1)
        throw nodeRefused({ node: 'node-1', reason: 'Expected a node with CUDA.' });
      return Promise.resolve(makeResult(trial));
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    await handle.result();
    expect(rig.told).toEqual(['1 complete']);
    expect(attempts).toEqual([1, 1]);
  });

  it('is not waited for when the sweep is stopped meanwhile', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    rig.runTrial = () => {
      throw nodeRefused({ node: 'node-1', reason: 'Expected a node with CUDA.' });
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    await until(() => {
      expect(rig.started.length).toBeGreaterThan(1);
    });
    await handle.cancel();
    await handle.result();
    expect(rig.told).toEqual(['1 cancelled']);
  });
});
