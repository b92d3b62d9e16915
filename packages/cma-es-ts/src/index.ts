/**
 * CMA-ES for expensive, noisy, asynchronous evaluations, on the unit box.
 * @module
 */
export { Cma } from './cma.js';
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
export type { CmaOptions, ResolvedOptions } from './options.js';
export { parseCmaState } from './parse-state.js';
export {
  type BestResult,
  type CmaState,
  type Counters,
  createCmaState,
  type Frame,
  type Member,
  type OpenCandidate,
  type Origin,
} from './state.js';
export { propose, step, type StepResult } from './step.js';
export { stopReasons } from './stop-reasons.js';
