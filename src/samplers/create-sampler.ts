import type { SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { createCmaEsSampler, restoreCmaEsSampler } from './cma-es.js';
import type { OptimizerEvent, Sampler } from './sampler.js';

interface SamplerKind {
  readonly create: (spec: SweepSpec, space: SearchSpace) => Sampler;
  readonly restore: (space: SearchSpace, state: unknown) => Sampler;
}

/** Every search algorithm that `optimizer.name` may name. */
export const samplerKinds: Readonly<Record<SweepSpec['file']['optimizer']['name'], SamplerKind>> = {
  'cma-es': { create: createCmaEsSampler, restore: restoreCmaEsSampler },
};

/** The sweep's sampler before its first event. */
export function createSampler(spec: SweepSpec, space: SearchSpace): Sampler {
  return samplerKinds[spec.file.optimizer.name].create(spec, space);
}

/** Goes on from a sampler's `toJSON()`, bit for bit. */
export function restoreSampler(spec: SweepSpec, space: SearchSpace, state: unknown): Sampler {
  return samplerKinds[spec.file.optimizer.name].restore(space, state);
}

/** The sampler after `events`: a pure function of its arguments. */
export function foldEvents(
  spec: SweepSpec,
  space: SearchSpace,
  events: Iterable<OptimizerEvent>,
): Sampler {
  const sampler = createSampler(spec, space);
  for (const event of events) sampler.apply(event);
  return sampler;
}
