import { Cma, diagnostics } from 'cma-es-ts';
import { toLoss } from '../scoring/fitness.js';
import type { Candidate, SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { OptimizerEvent, Sampler } from './sampler.js';

/** What `toJSON` gives. */
export interface CmaEsSamplerState {
  readonly version: 1;
  /** Asked and not ended, in the order of asking: trial id and cma-es-ts' candidate id. */
  readonly open: readonly (readonly [trial: string, id: number])[];
  readonly cma: unknown;
}

/**
 * CMA-ES over the sweep's box, started at its centre. A `Sampler` whose fitness is maximised.
 *
 * @throws CmaOptionsError when the space has no dimension
 */
export function createCmaEsSampler(spec: SweepSpec, space: SearchSpace): Sampler {
  const { seed, sigma0, population_size } = spec.file.optimizer;
  const cma = new Cma({
    dimension: space.dimensions.length,
    seed,
    sigma: sigma0,
    ...(population_size !== undefined && { populationSize: population_size }),
  });
  return new CmaEsSampler(space, cma, []);
}

/**
 * Goes on from what `toJSON` gave, bit for bit.
 *
 * @throws CmaStateError when the search inside is not one that this version wrote
 */
export function restoreCmaEsSampler(space: SearchSpace, state: unknown): Sampler {
  const { open, cma } = state as CmaEsSamplerState;
  return new CmaEsSampler(space, Cma.fromJSON(cma), open);
}

class CmaEsSampler implements Sampler {
  readonly #space: SearchSpace;
  readonly #cma: Cma;
  readonly #open: Map<string, number>;

  constructor(space: SearchSpace, cma: Cma, open: CmaEsSamplerState['open']) {
    this.#space = space;
    this.#cma = cma;
    this.#open = new Map(open);
  }

  apply(event: OptimizerEvent): Candidate | undefined {
    switch (event.kind) {
      case 'ask':
        return this.#ask(event.trial);
      case 'tell':
        this.#cma.tell(this.#close(event), toLoss(event.fitness));
        return undefined;
      case 'fail':
        this.#cma.fail(this.#close(event));
        return undefined;
      case 'forget':
        this.#cma.forget(this.#close(event));
        return undefined;
      case 'inject':
        this.#cma.inject(event.vector);
        return undefined;
      case 'foreign':
        this.#cma.tellForeign(event.vector, toLoss(event.fitness));
        return undefined;
    }
  }

  toJSON(): CmaEsSamplerState {
    return { version: 1, open: [...this.#open], cma: this.#cma.toJSON() };
  }

  diagnostics(): Readonly<Record<string, number>> {
    const { generation, sigma, axisRatio, populationSize, open, buffered } = diagnostics(
      this.#cma.state,
    );
    return { generation, sigma, axisRatio, populationSize, open, buffered };
  }

  #ask(trial: string): Candidate {
    if (this.#open.has(trial)) throw new Error(`trial ${trial} was asked for twice`);
    const { id, x } = this.#cma.ask();
    this.#open.set(trial, id);
    return this.#space.toCandidate(x);
  }

  /** The id of an open trial, which is then open no more. */
  #close({ kind, trial }: OptimizerEvent): number {
    const id = this.#open.get(trial);
    if (id === undefined) throw new Error(`${kind} of trial ${trial}, which is not open`);
    this.#open.delete(trial);
    return id;
  }
}
