import { diagnostics, isTrusted, Search, stopReasons, surrogateTau, type Told } from 'cma-es-ts';
import type { Candidate, SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { OpenTrials } from './open-trials.js';
import type { Diagnostics, OptimizerEvent, Outcome, Sampler, SamplerState } from './sampler.js';
import { toLosses } from './task-losses.js';

/** Of the state: 1 was CMA-ES alone, which was told one number a trial. */
export const cmaEsVersion = 2;

/** What `toJSON` gives. */
interface CmaEsSamplerState extends SamplerState {
  /** Asked and not ended, in the order of asking: trial id and cma-es-ts' proposal id. */
  readonly open: readonly (readonly [trial: string, id: number])[];
  /** The trial of each proposal, by its id. */
  readonly trials: readonly string[];
  readonly search: unknown;
}

/**
 * CMA-ES over the sweep's box, from the space's start and from what is known, with a Gaussian process per
 * eval task that chooses among its samples. A `Sampler` whose fitness is maximised.
 *
 * @throws CmaOptionsError when the space has no dimension
 */
export function createCmaEsSampler(spec: SweepSpec, space: SearchSpace): Sampler {
  const { seed, sigma0, population_size, start, surrogate } = spec.file.optimizer;
  const tasks = spec.file.tasks.search;
  const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  const search = new Search({
    dimension: space.dimensions.length,
    seed,
    start,
    objective: tasks.map(({ weight }) => ({ weight: weight / total })),
    ...(surrogate === 'off' && { surrogate: null }),
    cma: {
      mean: space.start,
      sigma: sigma0,
      ...(population_size !== undefined && { populationSize: population_size }),
    },
  });
  return new CmaEsSampler(space, search, [], []);
}

/**
 * Goes on from what `toJSON` gave, bit for bit.
 *
 * @throws CmaStateError when the search inside is not one that this version wrote
 */
export function restoreCmaEsSampler(_spec: SweepSpec, space: SearchSpace, state: unknown): Sampler {
  const { open, trials, search } = state as CmaEsSamplerState;
  return new CmaEsSampler(space, Search.fromJSON(search), open, trials);
}

class CmaEsSampler implements Sampler {
  readonly #space: SearchSpace;
  readonly #search: Search;
  readonly #open: OpenTrials<number>;
  readonly #trials: string[];

  constructor(
    space: SearchSpace,
    search: Search,
    open: CmaEsSamplerState['open'],
    trials: readonly string[],
  ) {
    this.#space = space;
    this.#search = search;
    this.#open = new OpenTrials(open);
    this.#trials = [...trials];
  }

  apply(event: OptimizerEvent): Candidate | undefined {
    switch (event.kind) {
      case 'ask':
        return this.#ask(event.trial);
      case 'tell': {
        const told = this.#toTold(event);
        this.#search.tell(this.#open.close(event), told);
        return undefined;
      }
      case 'fail':
        this.#search.fail(this.#open.close(event));
        return undefined;
      case 'forget':
        this.#search.forget(this.#open.close(event));
        return undefined;
      case 'inject':
        this.#search.inject(event.vector);
        return undefined;
      case 'foreign':
        this.#search.tellForeign(event.vector, this.#toTold(event));
        return undefined;
    }
  }

  finalists(): string[] {
    const { history } = this.#search.state;
    return this.#search
      .finalists(history.length)
      .flatMap(({ id }) => (id < 0 ? [] : (this.#trials[id] ?? [])));
  }

  toJSON(): CmaEsSamplerState {
    return {
      version: cmaEsVersion,
      open: this.#open.toJSON(),
      trials: this.#trials,
      search: this.#search.toJSON(),
    };
  }

  diagnostics(): Diagnostics {
    const { state } = this.#search;
    const { arms, live, counters, options, open } = state;
    // Of two arms that live the last: it starts from what is known.
    const leader = arms[live.at(-1) ?? 0]?.cma;
    if (leader === undefined) throw new Error('a search has an arm');
    const { generation, sigma, axisRatio, populationSize, restarts, restartReason } =
      diagnostics(leader);
    const tau = surrogateTau(state);
    const stops = Object.keys(stopReasons(leader));
    return {
      name: 'cma-es',
      generation,
      sigma,
      axisRatio,
      populationSize,
      open: open.length,
      arms: live.map((arm) => nameArm(arm, arms.length)).join(' and '),
      surrogate: nameTrust(options.surrogate !== null, tau, isTrusted(state)),
      ...(tau !== null && { surrogateTau: tau }),
      ...(options.surrogate !== null &&
        counters.asked > 0 && { screenedShare: counters.screened / counters.asked }),
      ...(restarts > 0 && { restarts }),
      ...(restartReason !== null && { restartedFor: Object.keys(restartReason).join(', ') }),
      ...(stops.length > 0 && { converged: stops.join(', ') }),
    };
  }

  #ask(trial: string): Candidate {
    this.#open.refuseTwice(trial);
    const { id, x } = this.#search.ask();
    this.#open.open(trial, id);
    this.#trials[id] = trial;
    return this.#space.toCandidate(x);
  }

  #toTold(outcome: Outcome): Told {
    const { objective } = this.#search.state.options;
    return toLosses(outcome, objective.length);
  }
}

function nameArm(arm: number, count: number): string {
  if (count === 1) return 'single';
  return arm === count - 1 ? 'informed' : 'uninformed';
}

function nameTrust(isOn: boolean, tau: number | null, trusted: boolean): string {
  if (!isOn) return 'off';
  if (tau === null) return 'unproven';
  return trusted ? 'trusted' : 'not trusted';
}
