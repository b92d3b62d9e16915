import { readFirstVersions } from '../src/store/first-versions.js';
import type { RunTrialInput } from './contracts.js';
import type { Turn } from './turn.js';

/** Python itself computes no score: its patch releases may differ between nodes. */
const decidesNothing = 'python';

/**
 * Trials as a node gets them now: with the tool versions of the sweep's first score, and what a node with
 * others is to do. Before that score every node may run.
 */
export function withPinnedTools(
  { db, sweep, spec }: Pick<Turn, 'db' | 'sweep' | 'spec'>,
  inputs: readonly RunTrialInput[],
): RunTrialInput[] {
  if (inputs.length === 0) return [];
  const { [decidesNothing]: _, ...versions } = readFirstVersions(db, sweep) ?? {};
  if (Object.keys(versions).length === 0) return [...inputs];
  const pinnedTools = { versions, policy: spec.file.nodes.tool_versions };
  return inputs.map((input) => ({ ...input, pinnedTools }));
}
