/** `steerSweep` against a real server and coordinator: what the verbs do while a process runs the folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SteerOrder } from '../../activities/contracts.js';
import { steerSweep } from '../../src/client/steer.js';
import { acquireWriterLock, isLockHeld } from '../../src/store/writer-lock.js';
import type { WriterLock } from '../../src/store/writer-lock.js';
import type { RunningWorker } from '../../src/worker/running-worker.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;
let coordinator: RunningWorker;
let folder: string;
let lock: WriterLock;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steer-'));
  const taken = acquireWriterLock(folder);
  if (isLockHeld(taken)) throw new Error('the folder is new');
  lock = taken;
  const { address, namespace = 'default' } = harness.env;
  lock.describe({ pid: 1, host: 'h', startedAt: '', temporalAddress: address, namespace });
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
  coordinator = await rig.startCoordinator();
});
afterEach(async () => {
  lock.release();
  await rig.stop();
  rmSync(folder, { recursive: true });
});

const steer = (order: SteerOrder, requestId?: string) =>
  steerSweep({
    ...{ resultsDir: folder, ledgerId: rig.ledgerId, sweep: 'demo', order, env: {} },
    ...(requestId !== undefined && { requestId }),
    answerWithinMs: 4_000,
  });

describe('steerSweep while a process runs the folder', () => {
  it('has the sweep’s workflow carry the order out, once', async () => {
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      await gate.opened;
      return makeResult(trial);
    };
    await rig.startNode(1);
    const handle = await rig.start(1);
    const first = await steer({ kind: 'pause' }, 'one');
    expect(first).toMatchObject({ isHeld: true, isLive: true });
    expect(await steer({ kind: 'pause' }, 'one')).toEqual(first);
    expect(rig.ledger.orders).toEqual([{ kind: 'pause' }]);
    await steer({ kind: 'resume' });
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
  });

  it('has the coordinator carry it out where the sweep has no workflow, once', async () => {
    const first = await steer({ kind: 'extend', trials: 3 }, 'one');
    expect(await steer({ kind: 'extend', trials: 3 }, 'one')).toEqual(first);
    expect(rig.ledger.orders).toEqual([{ kind: 'extend', trials: 3 }]);
  });

  it.each(['with a workflow', 'without'])(
    'gives the ledger’s refusal as it is (%s)',
    async (which) => {
      rig.ledger.steer = () => {
        throw ApplicationFailure.nonRetryable('no trial 7', 'steer_refused');
      };
      if (which === 'with a workflow') await rig.start(0);
      await expect(steer({ kind: 'retry', trials: ['7'] })).rejects.toMatchObject({
        ...{ name: 'UsageError', code: 'steer_refused', message: 'no trial 7' },
      });
    },
  );

  it('gives the validator’s refusal as it is', async () => {
    await rig.start(0);
    await expect(steer({ kind: 'extend', trials: 0 })).rejects.toMatchObject({
      ...{ name: 'UsageError', code: 'steer_refused' },
    });
  });

  it('says who does not answer, and that the order may still come through', async () => {
    await rig.start(0);
    await coordinator.stop();
    await expect(steer({ kind: 'pause' })).rejects.toMatchObject({
      code: 'order_unanswered',
      message: expect.stringContaining('Process 1 on h') as string,
    });
  });
});
