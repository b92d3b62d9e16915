import { describe, expect, it } from 'vitest';
import type { LiveNode, LiveSweep } from './live-sweep.js';
import { liveLines, viewLive } from './live-view.js';
import { nodeLines } from './node-lines.js';
import { stageLines } from './stage-lines.js';
import type { TrialRow } from '../store/rows.js';
import { makeRun } from '../../workflows/trial.fixture.js';

const h100 = { id: '0', name: 'NVIDIA H100', vramBytes: 85e9 };
const node = (id: string, over: Partial<LiveNode> = {}): LiveNode => ({
  ...{ id, state: 'ready', slots: 2, busy: 1, gpus: [h100, { ...h100, id: '1' }] },
  lastSeenSeconds: 12,
  ...over,
});
const noIdle = { byNode: new Map<string, number>() };

describe('nodeLines', () => {
  it('sums up, and names those first that want to be looked at, with the reason', () => {
    const nodes = [
      node('gpu-2', { state: 'gone', slots: 0, busy: 0, gpus: [] }),
      node('gpu-1'),
      node('cpu', { slots: 1, busy: 0, gpus: [], refuses: [{ sweep: 'demo', reason: 'no card' }] }),
      node('gpu-3', { state: 'set-aside', busy: 0, reason: '3 trials failed: driver' }),
    ];
    const idle = { all: 0.125, byNode: new Map([['gpu-1', 0.004]]) };
    expect(nodeLines(nodes, idle, 'demo')).toEqual([
      '2 ready, 1 set-aside, 1 of 5 slots busy, idle 13 % so far',
      'gpu-3  set-aside  0/2 busy  2 × NVIDIA H100 (85 GB)              seen 12s ago  3 trials failed: driver',
      'cpu    ready      0/1 busy  CPU                                  seen 12s ago  refuses this sweep: no card',
      'gpu-1  ready      1/2 busy  2 × NVIDIA H100 (85 GB)  idle 0.4 %  seen 12s ago',
      'gpu-2  gone                                                      seen 12s ago',
    ]);
  });

  it('says of another sweep’s refusals nothing, and that no node is there', () => {
    const refuses = [{ sweep: 'other', reason: 'no card' }];
    expect(nodeLines([node('a', { refuses })], noIdle, 'demo').join()).not.toContain('refuses');
    expect(nodeLines([], noIdle, 'demo')).toEqual(['none is there, 0 of 0 slots busy']);
  });

  it('keeps to sixteen lines, and takes control characters out of names', () => {
    const many = Array.from({ length: 20 }, (_, index) => node(`n${index + 10}\u001b[31m`));
    const lines = nodeLines(many, noIdle, 'demo');
    expect(lines).toHaveLength(18);
    expect(lines.at(-1)).toBe('and 4 more');
    expect(lines.join('')).not.toContain('\u001b');
  });
});

describe('stageLines', () => {
  const name = (trial: string): string => `#${trial}`;

  it('tells stage, percentage, node, slot, how long and what the tool does', () => {
    const lines = stageLines(
      [
        {
          ...{ trial: '7', node: 'gpu-1', slot: 'slot-2', stage: 'evaluate', percent: 62.9 },
          ...{ seconds: 190, activity: 'Running requests' },
        },
        { trial: '8', node: 'gpu-1', stage: 'merge', percent: 5, seconds: 12 },
        { trial: '9', node: 'gpu-1', stage: 'queued', percent: 0, seconds: 3 },
        { trial: '10', stage: 'queued', percent: 0 },
      ],
      name,
    );
    expect(lines).toEqual([
      '#7  evaluate  62 %  gpu-1 slot-2  3m10s  Running requests',
      '#8  merge      5 %  gpu-1           12s',
      '#9  queued          gpu-1          3.0s',
      '1 waits for a node',
    ]);
  });

  it('has no line where nothing is in flight', () => {
    expect(stageLines([], name)).toEqual([]);
  });
});

describe('what status shows of a running sweep', () => {
  const ended: TrialRow = {
    ...{ sweep: 'demo', trial: '1', kind: 'search', ordinal: 1, state: 'complete' },
    ...{ input: makeRun('1'), isDivergent: false, proposedAt: '2026-01-01T00:00:00.000Z' },
    ...{ node: 'old', evaluateSeconds: 10, endedAt: '2026-01-01T00:01:00.000Z' },
  };
  const running = { name: 'demo', state: 'running' };
  const live: LiveSweep = { nodes: [node('gpu-1')], running: [] };

  it('lists nodes that are there, and as gone those that only the ledger knows', () => {
    const view = viewLive([ended], live, Date.now());
    expect(view.nodes.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'gpu-1 ready',
      'old gone',
    ]);
    expect(liveLines(view, [ended], running)[0]).toEqual({
      name: 'nodes',
      text: '1 ready, 1 of 2 slots busy',
    });
  });

  it('says in one dim line why the nodes could not be asked', () => {
    const view = viewLive([ended], { unreached: 'nobody answered' }, Date.now());
    expect(view.nodes.map(({ id, state }) => `${id} ${state}`)).toEqual(['old unknown']);
    expect(liveLines(view, [ended], running)).toEqual([
      { name: 'nodes', text: 'not asked: nobody answered', isDim: true },
    ]);
  });

  it('has of a finished sweep only the idle share', () => {
    const later = { ...ended, endedAt: '2026-01-01T00:01:20.000Z' };
    const view = viewLive([ended, later], { unreached: 'it is finished' }, Date.now());
    expect(liveLines(view, [ended], { name: 'demo', state: 'finished' })).toEqual([
      { name: 'idle', text: "33 % of the slots' time" },
    ]);
  });
});
