/** The peers' regrets: what was kept of earlier runs, and the missing ones run now. */
import { join } from 'node:path';
import { root } from '../../demo-problem.js';
import type { Cell } from '../cells.js';
import { runLineWorkers } from '../line-workers.js';
import { Progress } from '../progress.js';
import { regretScale, regretsOfRecord } from '../regret.js';
import { appendPeerRecord, peerCacheFile, peerKey, readPeerCache } from './peer-cache.js';
import type { PeerJob, PeerRecord } from './peer-cache.js';
import type { PeersEnvironment } from './peers-environment.js';

export interface PeersRun extends PeersEnvironment {
  readonly isFresh: boolean;
  readonly processes: number;
  readonly say: (text: string) => void;
}

/** @param optimum of a function */
export async function runPeers(
  jobs: readonly PeerJob[],
  { python, versions, isFresh, processes, say }: PeersRun,
  optimum: (job: PeerJob) => number,
): Promise<Cell[]> {
  const file = peerCacheFile(join(root, '.setup', 'bench', 'optimizer'), versions);
  const kept = isFresh ? new Map<string, PeerRecord>() : readPeerCache(file);
  const missing = jobs.filter((job) => (kept.get(peerKey(job))?.budget ?? 0) < job.budget);
  say(`peers: ${jobs.length - missing.length} of ${jobs.length} runs from ${file}`);
  const progress = new Progress('peers', missing.length, say);
  await runLineWorkers<PeerJob, PeerRecord>({
    command: python,
    args: [join(import.meta.dirname, 'run_peers.py')],
    ...{ jobs: missing, processes },
    onAnswer: (record, job, line) => {
      appendPeerRecord(file, line);
      kept.set(peerKey(job), record);
      progress.step();
    },
  });
  return jobs.flatMap((job) => {
    const record = kept.get(peerKey(job));
    if (record === undefined) return [];
    const { peer, spec, instance, batch, budget } = job;
    const trials = {
      measured: record.measured.slice(0, budget),
      true: record.true.slice(0, budget),
    };
    const regrets = regretsOfRecord(trials, optimum(job), regretScale(spec));
    return [{ optimizer: peer, spec, instance, batch, regrets }];
  });
}
