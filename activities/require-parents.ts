import { StageFailedError } from '../src/errors.js';
import type { HubParents } from '../src/external/hub-parents.js';
import type { ParentBytes, ParentReader } from '../src/external/parent-bytes.js';
import type { RunTrialInput } from './contracts.js';
import type { ProgressHeartbeat } from './progress-heartbeat.js';
import { modelsOf } from './refuse-code.js';
import { nodeRefused } from './refuse-node.js';

/**
 * Reads base and parents, each file once until it changes.
 * @returns SHA-256 by label
 * @throws StageFailedError `parent_changed` where one has other bytes than the sweep has pinned
 */
export async function requireParents(
  reader: ParentReader,
  input: Pick<RunTrialInput, 'sources' | 'parents' | 'sweep'>,
  options: {
    readonly heartbeat: ProgressHeartbeat;
    readonly signal: AbortSignal;
    readonly node: string;
    /** Of `fetchHubParents`. */
    readonly snapshots: Readonly<Record<string, string>>;
  },
): Promise<Record<string, string>> {
  const { heartbeat, signal, node, snapshots } = options;
  const { sources = {}, parents: pinned = {}, sweep } = input;
  const found = await reader.read(sources, {
    ...{ signal, snapshots },
    onProgress: (name, percent) => {
      heartbeat.report({ activity: `Reading ${name}`, percent });
    },
  });
  for (const [label, bytes] of Object.entries(found)) {
    const wanted = pinned[label];
    if (wanted === undefined || wanted === bytes.sha256) continue;
    const before = await reader.recall(wanted);
    const commit = bytes.files[sources[label] ?? ''];
    const which =
      commit !== undefined
        ? ` (its commit ${commit} is not the one of the first score: name that in the sweep file, as org/name@commit)`
        : before === undefined
          ? ''
          : ` (${describeDifference(before, bytes)})`;
    throw new StageFailedError(
      'parent_changed',
      describeParentChange({
        ...{ sweep, label, node, pinned: wanted, found: bytes.sha256 },
        where: `${sources[label] ?? label}${which}`,
      }),
    );
  }
  return Object.fromEntries(Object.entries(found).map(([label, { sha256 }]) => [label, sha256]));
}

/**
 * Fetches the models of the Hub that a trial needs, of base and parents, where they are not here.
 * @returns their folders, by model
 * @throws ApplicationFailure `NodeRefused` where this node can't have one: another perhaps can
 */
export async function fetchHubParents(
  hub: HubParents,
  input: RunTrialInput,
  { heartbeat, signal, node }: { heartbeat: ProgressHeartbeat; signal: AbortSignal; node: string },
): Promise<Readonly<Record<string, string>>> {
  const needed = modelsOf(input);
  const sources = Object.entries(input.sources ?? {}).filter(([, model]) => needed.has(model));
  try {
    return await hub.fetch(Object.fromEntries(sources), input.parents ?? {}, {
      signal,
      onProgress: (progress) => {
        heartbeat.report(progress);
      },
    });
  } catch (error) {
    if (!(error instanceof StageFailedError) || error.failureClass !== 'configuration') throw error;
    throw nodeRefused({ node, reason: error.message });
  }
}

/** What differs, what was expected, and the two ways out. */
export function describeParentChange(change: {
  readonly sweep: string;
  readonly label: string;
  readonly node: string;
  readonly pinned: string;
  readonly found: string;
  /** The model, and which of its files. */
  readonly where: string;
}): string {
  const { sweep, label, node, pinned, found, where } = change;
  return (
    `Expected ${label} with the bytes that the sweep began with (SHA-256 ${pinned.slice(0, 16)}), got ` +
    `others (${found.slice(0, 16)}) on ${node}: ${where}. Put them back and run the sweep again, or go ` +
    `on with the new ones as another sweep: npx mergesweep fork ${sweep}.`
  );
}

function describeDifference(before: ParentBytes, now: ParentBytes): string {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])];
  const changes = names.flatMap((name) => {
    const [old, current] = [before.files[name], now.files[name]];
    if (old === current) return [];
    return `${name} ${current === undefined ? 'is gone' : old === undefined ? 'is new' : 'differs'}`;
  });
  const more = changes.length > 3 ? `, and ${changes.length - 3} more` : '';
  return `${changes.slice(0, 3).join(', ')}${more}`;
}
