/** Searches that learn nothing: what any other has to beat, and what to map a space with. */
import type { Candidate, SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { uniform } from './counter-random.js';
import { OpenTrials } from './open-trials.js';
import type { Diagnostics, OptimizerEvent, Sampler, SamplerState } from './sampler.js';
import { sobolPoint } from './sobol.js';

/** The index-th point under a seed, index from 0. */
export type PointSequence = (seed: number, index: number, dimensions: number) => readonly number[];

/** Points drawn independently. */
export const randomSequence: PointSequence = (seed, index, dimensions) =>
  Array.from({ length: dimensions }, (_, dimension) => uniform(seed, index, dimension));

/** Points that fill the box evenly. */
export const sobolSequence: PointSequence = sobolPoint;

/** What `toJSON` gives. */
interface SpaceFillingState extends SamplerState {
  readonly version: 1;
  /** How many points of the sequence were handed out. */
  readonly proposed: number;
  readonly line: readonly (readonly number[])[];
  readonly open: readonly (readonly [trial: string, known: true])[];
  /** In the order in which they were told. */
  readonly told: readonly (readonly [trial: string, fitness: number])[];
}

/**
 * A sampler that hands out `sequence`, point by point.
 *
 * @param name for `status`
 */
export function createSpaceFillingSampler(name: string, sequence: PointSequence) {
  const start: SpaceFillingState = { version: 1, proposed: 0, line: [], open: [], told: [] };
  const restore = (spec: SweepSpec, space: SearchSpace, state: unknown): Sampler =>
    new SpaceFillingSampler(name, spec, space, sequence, state as SpaceFillingState);
  return {
    version: start.version,
    create: (spec: SweepSpec, space: SearchSpace): Sampler => restore(spec, space, start),
    restore,
  };
}

class SpaceFillingSampler implements Sampler {
  readonly #name: string;
  readonly #seed: number;
  readonly #space: SearchSpace;
  readonly #sequence: PointSequence;
  readonly #open: OpenTrials<true>;
  readonly #line: (readonly number[])[];
  readonly #told: (readonly [trial: string, fitness: number])[];
  #proposed: number;

  constructor(
    name: string,
    { file }: SweepSpec,
    space: SearchSpace,
    sequence: PointSequence,
    state: SpaceFillingState,
  ) {
    this.#name = name;
    this.#seed = file.optimizer.seed;
    this.#space = space;
    this.#sequence = sequence;
    this.#open = new OpenTrials(state.open);
    this.#line = [...state.line];
    this.#told = [...state.told];
    this.#proposed = state.proposed;
  }

  apply(event: OptimizerEvent): Candidate | undefined {
    switch (event.kind) {
      case 'ask':
        this.#open.refuseTwice(event.trial);
        this.#open.open(event.trial, true);
        return this.#space.toCandidate(this.#line.shift() ?? this.#next());
      case 'tell':
        this.#open.close(event);
        this.#told.push([event.trial, event.fitness]);
        return undefined;
      case 'fail':
      case 'forget':
        this.#open.close(event);
        return undefined;
      case 'inject':
        this.#line.push([...event.vector]);
        return undefined;
      case 'foreign':
        return undefined;
    }
  }

  finalists(): string[] {
    return this.#told.toSorted(([, a], [, b]) => b - a).map(([trial]) => trial);
  }

  toJSON(): SpaceFillingState {
    return {
      version: 1,
      proposed: this.#proposed,
      line: this.#line,
      open: this.#open.toJSON(),
      told: this.#told,
    };
  }

  diagnostics(): Diagnostics {
    return { name: this.#name, points: this.#proposed, open: this.#open.size };
  }

  #next(): readonly number[] {
    return this.#sequence(this.#seed, this.#proposed++, this.#space.dimensions.length);
  }
}
