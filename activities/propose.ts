import { insertTrial } from '../src/store/trials.js';
import type { RunTrialInput } from './contracts.js';
import { createTrialInput, type TrialSketch } from './trial-input.js';
import type { Turn } from './turn.js';

/** Adds a trial to the sweep; it waits to be handed out. */
export function propose(turn: Turn, sketch: TrialSketch): RunTrialInput {
  const input = createTrialInput(turn.ledgerId, turn.spec, sketch);
  insertTrial(turn.db, { ...sketch, input, proposedAt: turn.at });
  return input;
}
