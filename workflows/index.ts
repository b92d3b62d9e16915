/** What a coordinator worker registers. */
export { nodesWorkflow } from './nodes.js';
export { sweepWorkflow } from './sweep.js';
export { steerWorkflow } from './steer.js';
export { trialWorkflow } from './trial.js';
