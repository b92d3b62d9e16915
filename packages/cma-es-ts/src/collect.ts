// What becomes of a result: it waits in the buffer, λ of them make an update, and an update may end the search's regime.
import { type StrategyConstants, strategyConstants } from './constants.js';
import { keepMeanInBox } from './constraints/genotype.js';
import { keepLevelsInReach } from './constraints/margin.js';
import type { Distribution } from './distribution.js';
import { betterOf, compareMembers } from './ranking.js';
import { nextRegime, restartMean } from './restarts/regime.js';
import { limitSpread } from './spread.js';
import { type CmaState, createDistribution, type Member, type ValueRange } from './state.js';
import { stagnationLength, stopReasons, valueHistoryLength } from './stop-reasons.js';
import { updateDistribution } from './update.js';

/** Puts a result into the buffer, updates the distribution once there are λ of them, and restarts where that is due. */
export function collect(state: CmaState, member: Member): CmaState {
  const best = betterOf(state.best, member);
  const buffer = [...state.buffer, member];
  if (buffer.length < state.regime.populationSize) return { ...state, buffer, best };
  const ranked = buffer.sort(compareMembers);
  const updated: CmaState = {
    ...state,
    distribution: nextDistribution(state, ranked),
    buffer: [],
    recentValues: nextRecentValues(state, ranked),
    best,
  };
  return state.options.restarts === 'none' ? updated : restartIfStopped(updated);
}

/** A result that no update may see: it counts for `best` only. */
export function ignore(state: CmaState, member: Member): CmaState {
  const { counters } = state;
  return {
    ...state,
    counters: { ...counters, ignored: counters.ignored + 1 },
    best: betterOf(state.best, member),
  };
}

function nextDistribution(state: CmaState, ranked: readonly Member[]): Distribution {
  const { options, regime, distribution: before } = state;
  const generation = before.generation + 1;
  // A buffer of failures only has no order, so nothing is learned from it.
  if (ranked.every(({ value }) => value === null)) {
    return { ...before, generation, age: before.age + 1 };
  }
  const members = ranked.map(({ x, genotype, origin, generation: drawn, frame }) => ({
    x: genotype ?? x,
    isCurrent: origin === 'sampled' && drawn === before.generation,
    ...(frame !== null && { frame }),
  }));
  const updated = updateDistribution(before, members, constantsOf(state));
  const inBox = { ...updated, mean: keepMeanInBox(options, updated.mean) };
  const limited = limitSpread(inBox, regime.sigma);
  if (options.coordinates === null) return limited;
  const margin = 1 / (options.dimension * regime.populationSize);
  return keepLevelsInReach(limited, options.coordinates, margin);
}

// A memo, not state: the constants follow from the options and λ, and cost as much as a small update.
const latestConstants = new WeakMap<object, StrategyConstants>();

function constantsOf({ options, regime }: CmaState): StrategyConstants {
  const known = latestConstants.get(options);
  if (known?.populationSize === regime.populationSize) return known;
  const constants = strategyConstants(options.dimension, regime.populationSize, {
    separable: options.covariance === 'separable',
    active: options.active,
  });
  latestConstants.set(options, constants);
  return constants;
}

function nextRecentValues(state: CmaState, ranked: readonly Member[]): readonly ValueRange[] {
  // Failures are last, and the others in order.
  const finite = ranked.findLastIndex(({ value }) => value !== null) + 1;
  const valueAt = (rank: number): number | null => ranked[rank]?.value ?? null;
  const lowest = valueAt(0);
  const middle = valueAt(Math.floor(finite / 2));
  const highest = valueAt(finite - 1);
  if (lowest === null || middle === null || highest === null) return state.recentValues;
  const { options, regime } = state;
  const lookBack = options.restarts === 'none' ? valueHistoryLength : stagnationLength;
  const range: ValueRange = [lowest, middle, highest];
  return [...state.recentValues, range].slice(-lookBack(options.dimension, regime.populationSize));
}

/**
 * The state itself while it is sound. A stopped search starts again from a uniform mean; what it has learned is gone but
 * for `best`, and samples drawn before will be ignored when they are told.
 */
function restartIfStopped(state: CmaState): CmaState {
  const { options, distribution } = state;
  const reasons = stopReasons(state);
  if (Object.keys(reasons).length === 0) return state;
  const counted = distribution.age * state.regime.populationSize;
  const regime = nextRegime(options, state.regime, counted, reasons);
  const mean = restartMean(options, regime.restarts);
  return {
    ...state,
    regime,
    distribution: createDistribution(options, mean, regime.sigma, distribution.generation),
    recentValues: [],
  };
}
