import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireWriterLock, isLockHeld, type WriterLock } from '../store/writer-lock.js';
import { toLiveSweep } from './ask-nodes.js';
import { createLiveSource } from './sweep-nodes.js';

let resultsDir: string;
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'sweep-nodes-'));
});
afterEach(() => {
  rmSync(resultsDir, { recursive: true });
});

function hold(): WriterLock {
  const lock = acquireWriterLock(resultsDir);
  if (isLockHeld(lock)) throw new Error('held');
  return lock;
}

describe('a look at the nodes', () => {
  const look = (answerWithinMs = 2_000) => {
    const source = createLiveSource({
      ...{ resultsDir, ledgerId: 'l', flags: {}, env: {}, answerWithinMs },
    });
    return source.look('demo', [{ trial: '1' }]).finally(() => source.close());
  };

  it('says when no process runs the folder', async () => {
    expect(await look()).toEqual({ unreached: 'no process runs this folder now' });
    hold().release();
    expect(await look()).toEqual({ unreached: 'no process runs this folder now' });
  });

  it('says when the process has not told where its server is', async () => {
    const lock = hold();
    expect(await look()).toEqual({
      unreached: expect.stringMatching(/does not answer/) as string,
    });
    lock.release();
  });

  it('says when the server is not there, or takes longer than it may', async () => {
    const lock = hold();
    const startedAt = new Date().toISOString();
    lock.describe({ pid: 1, host: 'h', startedAt, temporalAddress: '127.0.0.1:1' });
    const begin = performance.now();
    expect(await look(200)).toEqual({ unreached: expect.any(String) as string });
    // Loading Temporal's client counts to it as well.
    expect(performance.now() - begin).toBeLessThan(20_000);
    lock.release();
  });
});

describe('toLiveSweep', () => {
  const atMs = Date.UTC(2026, 0, 1);

  it('puts announcements and heartbeats together', () => {
    const facts = {
      ...{ host: 'h', gpusPerTrial: 1, ramBytes: 1, diskFreeBytes: 1, cores: 1 },
      ...{ versions: {}, startedAt: '', gpus: [{ id: '0', name: 'H100' }] },
    };
    const known = [
      { nodeId: 'a', slots: 2, freeSlots: 2, facts, seenAtMs: atMs - 5_000 },
      {
        ...{ nodeId: 'b', slots: 2, freeSlots: 0, seenAtMs: atMs },
        refuses: [
          { sweep: 'mergesweep/l/demo', reason: 'no card' },
          { sweep: 'mergesweep/m/demo', reason: 'other tools' },
        ],
        ...{ state: 'draining' as const, reason: 'told to' },
      },
      { nodeId: 'earlier-version', slots: 1, seenAtMs: atMs + 500 },
    ];
    const progress = new Map([
      [
        '1',
        {
          ...{ stage: 'evaluate' as const, percent: 40, node: 'a', slot: 'slot-1' },
          ...{ activity: 'Running', sinceMs: atMs - 61_000 },
        },
      ],
      ['2', { stage: 'merge' as const, percent: 1, node: 'a' }],
    ]);
    expect(
      toLiveSweep(
        { id: 'mergesweep/l/demo', sweep: 'demo' },
        known,
        progress,
        ['1', '2', '3'],
        atMs,
      ),
    ).toEqual({
      nodes: [
        // It has said that both slots are free, and this sweep knows better.
        {
          ...{ id: 'a', state: 'ready', slots: 2, busy: 1, gpus: [{ id: '0', name: 'H100' }] },
          lastSeenSeconds: 5,
        },
        {
          ...{ id: 'b', state: 'draining', slots: 2, busy: 2, gpus: [] },
          ...{ reason: 'told to', lastSeenSeconds: 0 },
          refuses: [
            { sweep: 'demo', reason: 'no card' },
            { sweep: 'mergesweep/m/demo', reason: 'other tools' },
          ],
        },
        {
          ...{ id: 'earlier-version', state: 'ready', slots: 1, busy: 0, gpus: [] },
          lastSeenSeconds: 0,
        },
      ],
      running: [
        {
          ...{ trial: '1', node: 'a', slot: 'slot-1', stage: 'evaluate', percent: 40 },
          ...{ activity: 'Running', seconds: 61 },
        },
        { trial: '2', node: 'a', stage: 'merge', percent: 1 },
        { trial: '3', stage: 'queued', percent: 0 },
      ],
    });
  });
});
