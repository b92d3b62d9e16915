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
export { type Finalist, finalists } from './search/finalists.js';
export {
  type Evaluation,
  lossOf,
  type Objective,
  type ObjectiveComponent,
} from './search/objective.js';
export type { Proposal, SearchEvent } from './search/search-events.js';
export type {
  ResolvedSearchOptions,
  SearchOptions,
  SurrogateOptions,
} from './search/search-options.js';
export {
  type Arm,
  createSearchState,
  type OpenProposal,
  type SearchResult,
  type SearchState,
  type SurrogateState,
} from './search/search-state.js';
export {
  isTrusted,
  searchStep,
  type SearchStepResult,
  surrogateTau,
} from './search/search-step.js';
export { paretoFront } from './search/pareto.js';
export { parseSearchState } from './search/parse-search-state.js';
export { Search, type Told } from './search/search.js';
