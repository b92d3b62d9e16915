import { expect, it } from 'vitest';
import { findDifferentVersions, renderNodes } from './nodes-table.js';
import type { ListedFacts, ListedNode } from './nodes-table.js';

const facts: ListedFacts = {
  ...{ host: 'box', gpus: [], gpusPerTrial: 0, ramBytes: 64e9, diskFreeBytes: 2e11, cores: 8 },
  ...{ versions: { torch: '2.8', lm_eval: '0.4.13' } },
};
const gpu = { id: '0', name: 'H100', vramBytes: 80e9 };
const node = (nodeId: string, more: Partial<ListedNode> = {}): ListedNode => ({
  ...{ nodeId, slots: 2, freeSlots: 2, seenAtMs: 0, facts },
  ...more,
});

it('shows each node on a line, and below what keeps it from trials', () => {
  const lines = renderNodes(
    [
      node('b', {
        facts: {
          ...facts,
          gpus: [gpu, { ...gpu, id: '1' }],
          gpusPerTrial: 2,
          diskQuotaBytes: 5e10,
        },
        ...{ freeSlots: 1, seenAtMs: 3_000 },
        refuses: [{ sweep: 'mergesweep/ab12/demo', reason: 'torch 2.4 instead of 2.8' }],
      }),
      node('a', { state: 'draining', reason: 'told to drain' }),
      { nodeId: 'old', slots: 4, seenAtMs: 0 },
    ],
    63_000,
  );
  expect(lines).toEqual([
    '                      slots                                        disk',
    'node  host  state      busy  cards                          RAM    free       seen',
    'a     box   draining    0/2  CPU, 8 cores                 64 GB  200 GB  1m03s ago',
    'b     box   ready       1/2  2 × H100 (80 GB), 2 a trial  64 GB   50 GB  1m00s ago',
    'old   –     ready       ?/4  –                                –       –  1m03s ago',
    'a is draining: told to drain',
    'b refuses demo: torch 2.4 instead of 2.8',
  ]);
});

it('shows versions only where they differ, and of which node', () => {
  const other = { ...facts, versions: { torch: '2.4', lm_eval: '0.4.13' } };
  const three = [node('a'), node('b', { facts: other }), node('c')];
  expect([...findDifferentVersions(three)]).toEqual([
    ['a', ''],
    ['b', 'torch 2.4'],
    ['c', ''],
  ]);
  expect([...findDifferentVersions(three.slice(0, 2))].map(([, text]) => text)).toEqual([
    'torch 2.8',
    'torch 2.4',
  ]);
  const { lm_eval: _, ...fewer } = facts.versions;
  const lacking = [node('a'), node('b'), node('c', { facts: { ...facts, versions: fewer } })];
  expect(findDifferentVersions(lacking).get('c')).toBe('lm_eval none');
});

it('lets no control character of a node through', () => {
  const lines = renderNodes([node('a\u001b[31m', { state: 'draining', reason: 'x\u0007' })], 0);
  expect(lines.join('')).not.toContain('\u001b');
  expect(lines.join('')).not.toContain('\u0007');
});
