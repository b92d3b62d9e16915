/** Which way of running trials suits the RAM that there is. */
import { formatByteSize } from './byte-size.js';
import type { MemoryPlan, Residence } from './memory-plan.js';

export interface ResidenceChoice {
  readonly residence: Residence;
  /** False when the RAM is too small even for the cold way. */
  readonly fits: boolean;
  /** A sentence without its full stop. */
  readonly reason: string;
}

/**
 * The fastest way that leaves room: `ram` when the parents of all children fit in half of the RAM,
 * and everything in 80 % of it; `mapped` when model copies and a merge fit in 80 %; else `cold`.
 * @param availableRamBytes on the node, for all its children
 * @param obstacle why the sweep can't be run warm at all
 */
export function chooseResidence(
  plan: MemoryPlan,
  availableRamBytes: number,
  obstacle?: string,
): ResidenceChoice {
  const { children, leastRamBytes: least, ramBytes } = plan;
  const size = formatByteSize;
  const parents = `the parents of ${children} processes, ${size(children * plan.parentsBytes)},`;
  const isAtLeast = (residence: Residence): boolean => availableRamBytes >= least[residence];
  if (obstacle === undefined && isAtLeast('ram'))
    return { residence: 'ram', fits: true, reason: `${parents} fit in half of the RAM` };
  if (obstacle === undefined && isAtLeast('mapped'))
    return {
      residence: 'mapped',
      fits: true,
      reason: `held in RAM, ${parents} want ${size(least.ram)} available`,
    };
  const reason = obstacle ?? `even with mapped parents, warm wants ${size(least.mapped)} available`;
  if (isAtLeast('cold')) return { residence: 'cold', fits: true, reason };
  const cold =
    plan.mergePeakBytes > availableRamBytes
      ? `merging the largest tensor takes ${size(plan.mergePeakBytes)}`
      : `cold takes ${size(ramBytes.cold)}`;
  return {
    residence: 'cold',
    fits: false,
    reason: `${reason}; ${cold}, more than the ${size(availableRamBytes)} available`,
  };
}
