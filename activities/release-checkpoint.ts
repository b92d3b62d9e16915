import { releaseWorkFolder } from '../src/external/work-folder.js';
import type { NodeAdminActivities } from './contracts.js';
import { requireReleaseOrder } from './run-trial-input-schema.js';

/** Drops or keeps a checkpoint on this node; twice is once. */
export function createReleaseCheckpoint(deps: {
  readonly workRoot: string;
}): NodeAdminActivities['releaseCheckpoint'] {
  return async (order) => releaseWorkFolder(deps.workRoot, requireReleaseOrder(order));
}
