import type { CoordinatorActivities } from './contracts.js';
import type { CoordinatorDeps } from './coordinator-deps.js';
import { runActivity } from './coordinator-failure.js';
import { finishSweep } from './finish-sweep.js';
import { openSweep } from './open-sweep.js';
import { withReadableOutcomes } from './readable-outcomes.js';
import { SweepSessions } from './sweep-session.js';
import { steer } from './steer.js';
import { tellAsk } from './tell-ask.js';

export type { CoordinatorDeps } from './coordinator-deps.js';

/** The activities that write the ledger. One set per process: it holds the sweeps that are open. */
export function createCoordinatorActivities(deps: CoordinatorDeps): CoordinatorActivities {
  const sessions = new SweepSessions(deps);
  return {
    openSweep: (input) => runActivity(() => openSweep(deps, sessions, input)),
    tellAsk: (input) => runActivity(() => tellAsk(deps, sessions, withReadableOutcomes(input))),
    finishSweep: (input) => runActivity(() => finishSweep(deps, sessions, input)),
    steer: (input) => runActivity(() => steer(deps, sessions, input)),
  };
}
