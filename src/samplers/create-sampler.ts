import type { SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { cmaEsVersion, createCmaEsSampler, restoreCmaEsSampler } from './cma-es.js';
import { createGpSampler, gpVersion, restoreGpSampler } from './gp.js';
import type { OptimizerEvent, Sampler } from './sampler.js';
import { createSpaceFillingSampler, randomSequence, sobolSequence } from './space-filling.js';

interface SamplerKind {
  /** Of its state: another one is of a search that this one can't go on with. */
  readonly version: number;
  readonly create: (spec: SweepSpec, space: SearchSpace) => Sampler;
  readonly restore: (spec: SweepSpec, space: SearchSpace, state: unknown) => Sampler;
}

/** Every search algorithm that `optimizer.name` may name. */
export const samplerKinds: Readonly<Record<SweepSpec['file']['optimizer']['name'], SamplerKind>> = {
  'cma-es': { version: cmaEsVersion, create: createCmaEsSampler, restore: restoreCmaEsSampler },
  gp: { version: gpVersion, create: createGpSampler, restore: restoreGpSampler },
  random: createSpaceFillingSampler('random', randomSequence),
  sobol: createSpaceFillingSampler('sobol', sobolSequence),
};

/** The sweep's sampler before its first event. */
export function createSampler(spec: SweepSpec, space: SearchSpace): Sampler {
  return samplerKinds[spec.file.optimizer.name].create(spec, space);
}

/** Goes on from a sampler's `toJSON()`, bit for bit. */
export function restoreSampler(spec: SweepSpec, space: SearchSpace, state: unknown): Sampler {
  return samplerKinds[spec.file.optimizer.name].restore(spec, space, state);
}

/** The version of `toJSON()` that `restoreSampler` takes. */
export function samplerVersion(spec: SweepSpec): number {
  return samplerKinds[spec.file.optimizer.name].version;
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
