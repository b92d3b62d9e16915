import { describe, expect, it } from 'vitest';
import { makeRun } from '../workflows/trial.fixture.js';
import type { NodeRefusal, PinnedTools, RunTrialInput } from './contracts.js';
import { isNodeRefused, refusalOf, refuseNode } from './refuse-node.js';

const node = {
  nodeId: 'n1',
  deviceClass: 'cpu',
  versions: { mergekit: '0.1.5', torch: '2.11.0' },
} as const;
const input = (more: Partial<RunTrialInput> = {}): RunTrialInput => makeRun('7', more);
const pinned = (versions: Record<string, string>, policy: PinnedTools['policy'] = 'refuse') =>
  input({ pinnedTools: { versions, policy } });
const cuda = { cuda: true, lowCpuMemory: false, args: {} };

function refusal(act: () => unknown): NodeRefusal | undefined {
  try {
    act();
  } catch (error) {
    expect(isNodeRefused(error) && error.nonRetryable).toBe(true);
    return isNodeRefused(error) ? refusalOf(error) : undefined;
  }
  return undefined;
}

describe('refuseNode', () => {
  it('lets a node with the same tools run, whatever else it has', () => {
    expect(refuseNode(pinned({ mergekit: '0.1.5' }), node)).toBeUndefined();
    expect(refuseNode(input(), node)).toBeUndefined();
  });

  it('refuses other versions, naming each and both ways out', () => {
    const versions = { mergekit: '0.1.4', torch: '2.11.0', lm_eval: '0.4.13' };
    expect(refusal(() => refuseNode(pinned(versions), node))).toEqual({
      node: 'n1',
      reason:
        "Expected the tool versions of the sweep's first score, got mergekit 0.1.5 instead of 0.1.4, " +
        'lm_eval none instead of 0.4.13: install those, or set nodes.tool_versions: warn in the sweep file.',
    });
  });

  it('only says so where the sweep allows it', () => {
    expect(refuseNode(pinned({ torch: '2.10.0' }, 'warn'), node)).toBe(
      'its tools are not those of the first score: torch 2.11.0 instead of 2.10.0',
    );
  });

  it('refuses what wants a card on a node without one, and not on one with', () => {
    const merge = input({ mergeOptions: cuda });
    const { evaluation } = input();
    const evaluate = input({ evaluation: { ...evaluation, device: 'cuda:0' } });
    expect(refusal(() => refuseNode(merge, node))?.reason).toContain('merge.cuda is set');
    expect(refusal(() => refuseNode(evaluate, node))?.reason).toContain('device is cuda:0');
    const card = { ...node, deviceClass: 'cuda' } as const;
    expect([refuseNode(merge, card), refuseNode(evaluate, card)]).toEqual([undefined, undefined]);
  });
});
