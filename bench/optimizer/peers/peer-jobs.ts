/** Which runs of which peers there are. Some are too dear to be made on every cell. */
import { type Family, listFunctions } from '../families.js';
import type { PeerJob } from './peer-cache.js';

interface PeerLimit {
  /** In trials. */
  readonly budget: number;
  /** Of the asked instances, so many from the first; per batch size, none where it is left out. */
  readonly instances: Readonly<Record<number, number>>;
  /** Whether it is run on the families that goals are over alone. */
  readonly isForGoals?: boolean;
}

const everywhere: PeerLimit = { budget: Infinity, instances: { 1: Infinity, 8: Infinity } };

/** In the order in which they are run. */
export const peerLimits: Readonly<Record<string, PeerLimit>> = {
  pycma: everywhere,
  mergekit: everywhere,
  random: everywhere,
  cmaes: everywhere,
  'optuna-cma': everywhere,
  'optuna-tpe': { budget: Infinity, instances: { 1: Infinity, 8: 5 } },
  'optuna-gp': { budget: 200, instances: { 1: 2 }, isForGoals: true },
};

export interface PeerSelection {
  readonly peers: readonly string[];
  readonly families: readonly Family[];
  readonly instances: readonly number[];
  readonly batches: readonly number[];
  readonly budget: number;
}

export function listPeerJobs(selection: PeerSelection): PeerJob[] {
  const jobs: PeerJob[] = [];
  for (const batch of selection.batches) {
    for (const peer of selection.peers) {
      const limit = peerLimits[peer] ?? everywhere;
      const budget = Math.min(selection.budget, limit.budget);
      const instances = selection.instances.slice(0, limit.instances[batch] ?? 0);
      const families = selection.families.filter(
        ({ isGoal }) => isGoal || limit.isForGoals !== true,
      );
      for (const { spec, instance } of listFunctions(families, instances)) {
        // Its start is of parents' weights and densities: it has none for other functions.
        if (peer === 'mergekit' && !spec.startsWith('merge')) continue;
        jobs.push({ peer, spec, instance, batch, budget });
      }
    }
  }
  return jobs;
}

/** What the limits leave out of the selection, a line each. */
export function describeLimits({ peers, instances, batches, budget }: PeerSelection): string[] {
  return peers.flatMap((peer) => {
    const limit = peerLimits[peer] ?? everywhere;
    return batches.flatMap((batch) => {
      const count = limit.instances[batch] ?? 0;
      const isWhole = count >= instances.length && limit.budget >= budget;
      if (isWhole) return [];
      const how = batch === 1 ? 'sequential' : `batches of ${batch}`;
      if (count === 0) return [`${peer}, ${how}: not run (it takes too long)`];
      const kept = Math.min(count, instances.length);
      const trials = Math.min(budget, limit.budget);
      const where = limit.isForGoals === true ? ', merges alone' : '';
      return [
        `${peer}, ${how}: the first ${kept} of ${instances.length} instances, ${trials} trials${where}`,
      ];
    });
  });
}
