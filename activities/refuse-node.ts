import { ApplicationFailure } from '@temporalio/common';
import { nodeRefusedFailureType } from '../workflows/messages.js';
import type { NodeRefusal, RunTrialInput, TrialUse } from './contracts.js';

/** What of a node decides whether it may run a trial. */
export interface NodeTraits {
  readonly nodeId: string;
  readonly deviceClass: 'cpu' | 'cuda';
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Before anything is merged: refuses a trial that this node would score otherwise than the nodes before it,
 * or that it has no card for.
 * @returns what its result is to say, where the sweep lets it run all the same
 * @throws ApplicationFailure `NodeRefused`: the trial goes to another node and loses no attempt
 */
export function refuseNode(
  { mergeOptions, evaluation, pinnedTools }: RunTrialInput,
  { nodeId: node, deviceClass, versions }: NodeTraits,
): string | undefined {
  const wanted = mergeOptions.cuda
    ? 'merge.cuda is set'
    : evaluation.device?.startsWith('cuda') === true
      ? `evaluation.device is ${evaluation.device}`
      : undefined;
  if (wanted !== undefined && deviceClass !== 'cuda')
    throw nodeRefused({
      node,
      reason: `Expected a node with CUDA since ${wanted}, got a CPU node: set it otherwise, or run the sweep on GPU nodes.`,
    });
  const different = listDifferences(pinnedTools?.versions ?? {}, versions);
  if (different === undefined) return undefined;
  if (pinnedTools?.policy === 'warn')
    return `its tools are not those of the first score: ${different}`;
  throw nodeRefused({
    node,
    reason:
      `Expected the tool versions of the sweep's first score, got ${different}: install those, ` +
      'or set nodes.tool_versions: warn in the sweep file.',
  });
}

/**
 * The failure by which a node gives a trial back that it can't or won't run.
 * @param used where it was tried: what it used up
 */
export function nodeRefused(refusal: NodeRefusal, used?: TrialUse): ApplicationFailure {
  return ApplicationFailure.create({
    type: nodeRefusedFailureType,
    message: `node ${refusal.node} refused: ${refusal.reason}`,
    nonRetryable: true,
    details: used === undefined ? [refusal] : [refusal, used],
  });
}

export function isNodeRefused(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === nodeRefusedFailureType;
}

/** What a failure of `nodeRefused` was made of. */
export function refusalOf({ details }: ApplicationFailure): NodeRefusal | undefined {
  return details?.[0] as NodeRefusal | undefined;
}

function listDifferences(
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string | undefined {
  const different = Object.entries(wanted).filter(([tool, version]) => found[tool] !== version);
  if (different.length === 0) return undefined;
  return different
    .map(([tool, version]) => `${tool} ${found[tool] ?? 'none'} instead of ${version}`)
    .join(', ');
}
