/**
 * Bayesian optimization: a Gaussian process per eval task, and the point of the whole box whose
 * expected improvement is largest. Better than CMA-ES on few trials in few dimensions, slower and
 * sooner stuck in many.
 */
import {
  fitHyperparameters,
  GaussianProcess,
  initialHyperparameters,
  logExpectedExcess,
  type Hyperparameters,
} from 'cma-es-ts/gp';
import type { Candidate, SearchSpace } from '../space/search-space.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { normal, uniform } from './counter-random.js';
import { OpenTrials } from './open-trials.js';
import type { Diagnostics, OptimizerEvent, Sampler, SamplerState } from './sampler.js';
import { sobolPoint } from './sobol.js';
import { toLosses } from './task-losses.js';

/** Points of the box that compete for the next trial, beside those around the best. */
const spread = 256;
/** Of each of so many best points so many neighbours compete as well. */
const leaders = 4;
const neighbours = 48;
/** How far away, in units of the box: the step of a neighbour is one of these. */
const steps = [0.2, 0.07, 0.02] as const;
/** The models are fitted anew when there are so many times as many results as at the latest fit. */
const growth = 1.2;
/** What the models see at most, the latest; conditioning takes the cube of it. */
const mostResults = 300;
/** With fewer results nothing is modelled. */
const fewestResults = 5;

interface Result {
  /** Absent for points that were not asked for. */
  readonly trial?: string;
  readonly vector: readonly number[];
  /** Minimised, one a task. */
  readonly losses: readonly number[];
  readonly fitness: number;
}

/** What `toJSON` gives. */
interface GpSamplerState extends SamplerState {
  readonly version: 1;
  /** Candidates of its own so far, injected ones aside. */
  readonly proposed: number;
  readonly line: readonly (readonly number[])[];
  readonly open: readonly (readonly [trial: string, vector: readonly number[]])[];
  /** In the order in which they came. */
  readonly results: readonly Result[];
  /** One a task; empty before the first fit. */
  readonly models: readonly Hyperparameters[];
  /** How many results the latest fit saw. */
  readonly fittedTo: number;
}

export const gpVersion = 1;

/** Expected improvement over the whole box. A `Sampler` whose fitness is maximised. */
export function createGpSampler(spec: SweepSpec, space: SearchSpace): Sampler {
  return restoreGpSampler(spec, space, {
    ...{ version: gpVersion, proposed: 0, line: [], open: [], results: [], models: [] },
    fittedTo: 0,
  });
}

/** Goes on from what `toJSON` gave, bit for bit. */
export function restoreGpSampler(spec: SweepSpec, space: SearchSpace, state: unknown): Sampler {
  return new GpSampler(spec, space, state as GpSamplerState);
}

class GpSampler implements Sampler {
  readonly #seed: number;
  readonly #space: SearchSpace;
  readonly #shares: readonly number[];
  /** Points that are asked before there is a model. */
  readonly #design: number;
  readonly #open: OpenTrials<readonly number[]>;
  readonly #line: (readonly number[])[];
  readonly #results: Result[];
  #proposed: number;
  #models: readonly Hyperparameters[];
  #fittedTo: number;

  constructor({ file }: SweepSpec, space: SearchSpace, state: GpSamplerState) {
    const { max_trials, seed } = file.optimizer;
    const total = file.tasks.search.reduce((sum, { weight }) => sum + weight, 0);
    this.#seed = seed;
    this.#space = space;
    this.#shares = file.tasks.search.map(({ weight }) => weight / total);
    this.#design = Math.max(
      fewestResults,
      Math.min(2 * space.dimensions.length, Math.ceil(max_trials / 4)),
    );
    this.#open = new OpenTrials(state.open);
    this.#line = [...state.line];
    this.#results = [...state.results];
    this.#proposed = state.proposed;
    this.#models = state.models;
    this.#fittedTo = state.fittedTo;
  }

  apply(event: OptimizerEvent): Candidate | undefined {
    switch (event.kind) {
      case 'ask': {
        this.#open.refuseTwice(event.trial);
        const candidate = this.#space.toCandidate(this.#line.shift() ?? this.#next());
        this.#open.open(event.trial, candidate.vector);
        return candidate;
      }
      case 'tell': {
        const { values: losses } = toLosses(event, this.#shares.length);
        const { trial, fitness } = event;
        this.#results.push({ trial, vector: this.#open.close(event), losses, fitness });
        return undefined;
      }
      case 'foreign': {
        const { values: losses } = toLosses(event, this.#shares.length);
        const { vector, fitness } = event;
        this.#results.push({ vector: [...vector], losses, fitness });
        return undefined;
      }
      case 'fail':
        this.#fail(this.#open.close(event));
        return undefined;
      case 'forget':
        this.#open.close(event);
        return undefined;
      case 'inject':
        this.#line.push([...event.vector]);
        return undefined;
    }
  }

  finalists(): string[] {
    const measured = this.#results.toSorted((a, b) => b.fitness - a.fitness);
    const model =
      this.#results.length < fewestResults ? undefined : this.#condition(this.#fit(), []);
    const believed =
      model?.results.toSorted((a, b) => model.lossAt(a.vector) - model.lossAt(b.vector)) ?? [];
    // In turn, the best believed first: those are not chosen by luck, the others not by the model.
    const trials = measured.flatMap((result, index) => [believed[index]?.trial, result.trial]);
    return [...new Set(trials.filter((trial) => trial !== undefined))];
  }

  toJSON(): GpSamplerState {
    return {
      version: gpVersion,
      proposed: this.#proposed,
      line: this.#line,
      open: this.#open.toJSON(),
      results: this.#results,
      models: this.#models,
      fittedTo: this.#fittedTo,
    };
  }

  diagnostics(): Diagnostics {
    return { name: 'gp', points: this.#proposed, open: this.#open.size };
  }

  /** A candidate's own fault is told as the worst there is: nothing like it is to come again. */
  #fail(vector: readonly number[]): void {
    const worst = this.#results.reduce<Result | undefined>(
      (a, b) => (a === undefined || b.fitness < a.fitness ? b : a),
      undefined,
    );
    if (worst === undefined) return;
    this.#results.push({ vector, losses: worst.losses, fitness: worst.fitness });
  }

  #next(): readonly number[] {
    const index = this.#proposed++;
    const dimensions = this.#space.dimensions.length;
    if (index < this.#design || this.#results.length < fewestResults) {
      return sobolPoint(this.#seed, index, dimensions);
    }
    const models = this.#fit();
    if (models !== this.#models) {
      this.#models = models;
      this.#fittedTo = this.#results.length;
    }
    const pending = this.#open.toJSON().map(([, vector]) => vector);
    const model = this.#condition(models, pending);
    let best: { vector: readonly number[]; gain: number } | undefined;
    for (const vector of this.#contenders(index)) {
      const gain = model.logImprovement(vector);
      if (best === undefined || gain > best.gain) best = { vector, gain };
    }
    return best?.vector ?? sobolPoint(this.#seed, index, dimensions);
  }

  *#contenders(index: number): Generator<readonly number[]> {
    const dimensions = this.#space.dimensions.length;
    for (let i = 0; i < spread; i++)
      yield sobolPoint(this.#seed + 1, index * spread + i, dimensions);
    const best = this.#results.toSorted((a, b) => b.fitness - a.fitness).slice(0, leaders);
    for (const [rank, { vector }] of best.entries()) {
      for (let i = 0; i < neighbours; i++) {
        const step = steps[i % steps.length] ?? 0;
        yield vector.map((unit, k) => {
          const at = [this.#seed, index, rank, i, k] as const;
          // A few coordinates at a time: most of a good point is good.
          if (uniform(...at, 4) > 0.5) return unit;
          return Math.min(1, Math.max(0, unit + step * normal(...at)));
        });
      }
    }
  }

  /** The models, fitted anew where the results have grown enough. */
  #fit(): readonly Hyperparameters[] {
    if (this.#fittedTo > 0 && this.#results.length < growth * this.#fittedTo) return this.#models;
    const { points, columns } = this.#observations();
    const start = initialHyperparameters(this.#space.dimensions.length);
    return columns.map((values) => fitHyperparameters({ points, values }, start));
  }

  #condition(models: readonly Hyperparameters[], pending: readonly (readonly number[])[]): Model {
    const { results, points, columns } = this.#observations();
    const processes = columns.map((values, task) => {
      const fitted = models[task];
      if (fitted === undefined) throw new Error('every task has a model');
      return new GaussianProcess({ points, values }, fitted, pending);
    });
    return new Model(results, processes, this.#shares);
  }

  #observations() {
    const results = this.#results.slice(-mostResults);
    const points = results.map(({ vector }) => vector);
    const columns = this.#shares.map((_, task) => results.map(({ losses }) => losses[task] ?? 0));
    return { results, points, columns };
  }
}

/** The tasks' models together: the loss is the sum of theirs by share. */
class Model {
  readonly results: readonly Result[];
  readonly #processes: readonly GaussianProcess[];
  readonly #shares: readonly number[];
  readonly #best: number;

  constructor(
    results: readonly Result[],
    processes: readonly GaussianProcess[],
    shares: readonly number[],
  ) {
    this.results = results;
    this.#processes = processes;
    this.#shares = shares;
    this.#best = Math.min(...results.map(({ vector }) => this.lossAt(vector)));
  }

  lossAt(vector: readonly number[]): number {
    return this.#predict(vector).loss;
  }

  logImprovement(vector: readonly number[]): number {
    const { loss, deviation } = this.#predict(vector);
    return logExpectedExcess(this.#best - loss, deviation);
  }

  #predict(vector: readonly number[]): { readonly loss: number; readonly deviation: number } {
    let loss = 0;
    let variance = 0;
    for (const [task, process] of this.#processes.entries()) {
      const share = this.#shares[task] ?? 0;
      const { mean, deviation } = process.predict(vector);
      loss += share * mean;
      variance += (share * deviation) ** 2;
    }
    return { loss, deviation: Math.sqrt(variance) };
  }
}
