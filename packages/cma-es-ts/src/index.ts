/**
 * CMA-ES for expensive, noisy, asynchronous evaluations, on the unit box.
 * @module
 */
export {
  type Box,
  type CategoricalDimension,
  type Choice,
  createBox,
  type Dimension,
  type NumericDimension,
  type Values,
} from './box.js';
export { Cma } from './cma.js';
export type { Bounds } from './constraints/bounds.js';
export type { Coordinates, Levels } from './constraints/levels.js';
export { type CmaDiagnostics, diagnostics } from './diagnostics.js';
export type { Distribution } from './distribution.js';
export {
  CmaError,
  type CmaErrorCode,
  CmaEventError,
  CmaOptionsError,
  CmaStateError,
} from './errors.js';
export { type Candidate, type CmaEvent, outcomeEvent, type TellOutcome } from './events.js';
export type { LearningRates } from './learning-rates.js';
export type { CmaOptions, ResolvedOptions, RestartRule, StaleRule } from './options.js';
export { parseCmaState } from './parse-state.js';
export type { Regime } from './restarts/regime.js';
export {
  type BestResult,
  type CmaState,
  type Counters,
  createCmaState,
  type Frame,
  type Member,
  type OpenCandidate,
  type Origin,
  type ValueRange,
} from './state.js';
export { propose, step, type StepResult } from './step.js';
export { stopReasons } from './stop-reasons.js';
