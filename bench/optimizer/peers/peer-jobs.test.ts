import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appendPeerRecord, peerCacheFile, peerKey, readPeerCache } from './peer-cache.js';
import { families } from '../families.js';
import { describeLimits, listPeerJobs } from './peer-jobs.js';

const selection = {
  peers: ['pycma', 'mergekit', 'optuna-gp'],
  families: families.filter(({ name }) => ['gated-200', 'smooth'].includes(name)),
  instances: [1, 2, 3],
  batches: [1, 8],
  budget: 300,
};

describe('listPeerJobs', () => {
  it('runs dear peers on fewer instances and trials, and says so', () => {
    const dear = listPeerJobs(selection).filter(({ peer }) => peer === 'optuna-gp');
    expect(new Set(dear.map(({ instance }) => instance))).toEqual(new Set([1, 2]));
    expect(new Set(dear.map(({ budget }) => budget))).toEqual(new Set([200]));
    expect(describeLimits(selection)).toEqual([
      'optuna-gp, sequential: the first 2 of 3 instances, 200 trials, merges alone',
      'optuna-gp, batches of 8: not run (it takes too long)',
    ]);
  });

  it("has mergekit's preset for merges only", () => {
    const preset = listPeerJobs(selection).filter(({ peer }) => peer === 'mergekit');
    expect(preset.every(({ spec }) => spec.startsWith('merge'))).toBe(true);
    expect(preset).toHaveLength(3 * 3 * 2);
  });
});

describe('the cache of peers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'peer-cache-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is of these versions, whatever the Python', () => {
    const file = peerCacheFile('here', { python: '3.11.7', optuna: '5.0.0', cma: '4.5.0' });
    expect(file).toBe(join('here', 'peers-cma-4.5.0-optuna-5.0.0.jsonl'));
  });

  it('keeps the longest run of a cell and passes over half a line', () => {
    const file = join(folder, 'peers.jsonl');
    const job = { peer: 'pycma', spec: 'sphere_d8', instance: 1, batch: 1 };
    for (const budget of [100, 300, 50]) appendPeerRecord(file, JSON.stringify({ ...job, budget }));
    writeFileSync(file, '{"peer":"pycma","spec":"sph', { flag: 'a' });
    const records = readPeerCache(file);
    expect(records.size).toBe(1);
    expect(records.get(peerKey({ ...job, budget: 200 }))?.budget).toBe(300);
  });
});
