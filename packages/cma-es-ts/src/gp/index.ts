/**
 * A small Gaussian process for some hundred points of a box: fitted, conditioned, asked.
 * @module
 */
export { GaussianProcess, type Prediction } from './gaussian-process.js';
export {
  fitHyperparameters,
  type Hyperparameters,
  initialHyperparameters,
} from './hyperparameters.js';
export { cumulative, density, expectedExcess, logExpectedExcess } from './normal-distribution.js';
export type { Observations } from './observations.js';
