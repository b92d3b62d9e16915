import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SteerOrder } from '../../activities/contracts.js';
import { CoordinatorFixture } from '../../activities/coordinator.fixture.js';
import { acquireWriterLock, isLockHeld, type WriterLock } from '../store/writer-lock.js';
import { steerSweep } from './steer.js';

let fixture: CoordinatorFixture;
let lock: WriterLock | undefined;
beforeEach(async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
  // Nobody has it open.
  fixture.ledger.close();
});
afterEach(() => {
  lock?.release();
  lock = undefined;
  fixture.dispose();
});

const { ledgerId } = { ledgerId: () => fixture.names.ledgerId };
const steer = (order: SteerOrder, requestId?: string) =>
  steerSweep({
    ...{ resultsDir: fixture.folder, ledgerId: ledgerId(), sweep: 'demo', order, env: {} },
    ...(requestId !== undefined && { requestId }),
    answerWithinMs: 1_000,
  });

function hold(): WriterLock {
  const taken = acquireWriterLock(fixture.folder);
  if (isLockHeld(taken)) throw new Error('somebody else holds it');
  lock = taken;
  return taken;
}

describe('steerSweep where nothing runs the folder', () => {
  it('carries the order out on the ledger, once, and lets go of the folder', async () => {
    const first = await steer({ kind: 'extend', trials: 2 }, 'one');
    expect(first).toEqual({
      ...{ message: 'demo may try 2 more: 8 in all.', isHeld: false, state: 'running' },
      isLive: false,
    });
    expect(await steer({ kind: 'extend', trials: 2 }, 'one')).toEqual(first);
    await steer({ kind: 'pause' });
    hold();
    fixture.start();
    expect(fixture.ledger.getSweep('demo')).toMatchObject({ maxTrials: 8, isHeld: true });
    expect(fixture.ledger.listJournal('demo').map(({ kind }) => kind)).toEqual(['extend', 'pause']);
  });

  it.each(['stop', 'cancel'] as const)('says of %s that nothing runs', async (kind) => {
    expect(await steer({ kind })).toMatchObject({
      message: `Nothing runs demo: no process holds ${fixture.folder}.`,
      isLive: false,
    });
    fixture.start();
    expect(fixture.ledger.listJournal('demo')).toEqual([]);
  });

  it('refuses what makes no sense, with what to do, and lets go of the folder', async () => {
    await expect(steer({ kind: 'retry', trials: ['9'] })).rejects.toMatchObject({
      code: 'steer_refused',
      message: 'demo has no trial 9',
    });
    hold();
  });
});

describe('steerSweep where a process holds the folder', () => {
  it('gives up on a holder that never says where it can be reached', async () => {
    hold();
    await expect(steer({ kind: 'pause' })).rejects.toMatchObject({ code: 'writer_silent' });
  });

  it('gives up on a holder whose server is not there', async () => {
    const where = { temporalAddress: '127.0.0.1:1', namespace: 'default' };
    hold().describe({ pid: 4711, host: 'here', startedAt: '', ...where });
    const failure = expect(steer({ kind: 'pause' })).rejects;
    await failure.toMatchObject({
      code: 'writer_silent',
      message: expect.stringContaining('Process 4711 on here') as string,
    });
  });

  it('takes no unknown server on another machine for it', async () => {
    const where = { temporalAddress: 'temporal.lan:7233', namespace: 'default' };
    hold().describe({ pid: 4711, host: 'there', startedAt: '', ...where });
    await expect(steer({ kind: 'pause' })).rejects.toMatchObject({ code: 'other_temporal' });
  });
});
