import { describe, expect, it } from 'vitest';
import type { RunTrialInput } from '../activities/contracts.js';
import { openScheduler } from './scheduler.js';
import { describeNodes, describeSweep } from './sweep-details.js';
import { makeRun } from './trial.fixture.js';
import { summarizeTrial } from './trial-summary.js';

function merge(labels: readonly string[], over: Partial<RunTrialInput> = {}): RunTrialInput {
  const models = labels.map((label, index) => ({
    ...{ label, model: `/models/${label}` },
    parameters: { weight: 0.42 + index / 10, density: 1 },
  }));
  const recipe = {
    ...{ method: 'dare_ties', baseModel: '/base', models, dtype: 'float32', seed: 1 },
    parameters: { normalize: true, lambda: -0.305 },
  };
  return makeRun('12', { subject: { kind: 'merge', recipe }, ...over });
}

const bytes = (text: string): number => Buffer.byteLength(text);

describe('summarizeTrial', () => {
  it('names method and candidate, with short numbers', () => {
    expect(summarizeTrial(merge(['a', 'b']))).toBe(
      'trial demo#12 · dare_ties · a .42/1 b .52/1 lambda -.3',
    );
  });

  it('names the kind of what is no candidate, and the model of a baseline', () => {
    expect(summarizeTrial(merge(['a'], { kind: 'confirm' }))).toContain(
      '#12 · confirm · dare_ties',
    );
    expect(summarizeTrial(makeRun('b1', { kind: 'baseline' }))).toBe(
      'trial demo#b1 · baseline · base',
    );
  });

  it('keeps to 200 bytes, of any script, with as many parents as fit', () => {
    const many = summarizeTrial(merge(Array.from({ length: 40 }, (_, index) => `模型-${index}`)));
    expect(bytes(many)).toBeLessThanOrEqual(200);
    expect(bytes(many)).toBeGreaterThan(180);
    expect(many).toMatch(/模型-0 .*…$/u);
    const wide = summarizeTrial(merge(['a'], { sweep: '🦙'.repeat(80) }));
    expect(bytes(wide)).toBeLessThanOrEqual(200);
  });
});

describe('describeSweep', () => {
  const state = { ...openScheduler(9), inFlight: ['12', 'b3'] };

  it('tells progress, best against best parent, cost, nodes and what is in flight', () => {
    const progress = {
      ...{ ended: 11, maxTrials: 40, best: { trial: '7', score: 0.91234 } },
      ...{ bestParent: { label: 'spec-rev', score: 0.87 }, gpuHours: 1.25, usd: 3.125 },
    };
    expect(describeSweep('demo', state, progress)).toBe(
      [
        '**demo**: running',
        '',
        '- trials: 11 of 40 ended',
        '- best: #7 0.9123',
        '- best parent: spec-rev 0.87',
        '- cost so far: 1.25 GPU-hours, $3.13',
        '- nodes: room for 9 trials in flight',
        '- in flight: #12, #b3',
      ].join('\n'),
    );
  });

  it('tells of a stop, a hold and the reason, and before the first answer what it has', () => {
    const told = { state: 'paused', summary: '3/9', reason: 'the disk is full' } as const;
    const text = describeSweep('demo', { ...state, isHeld: true, sweep: told }, undefined);
    expect(text).toContain('**demo**: paused, held (the disk is full)\n\n- 3/9\n');
    expect(describeSweep('demo', { ...state, stop: 'now' }, undefined)).toContain('stopping');
    const idle = describeSweep('demo', { ...openScheduler(0) }, undefined);
    expect(idle).toContain('- nodes: none there\n- in flight: none');
  });
});

describe('describeNodes', () => {
  it('lists nodes with state and reason, and what each sweep may have in flight', () => {
    const nodes = [
      { nodeId: 'a', slots: 2, freeSlots: 1, seenAtMs: 0 },
      {
        ...{ nodeId: 'b', slots: 1, seenAtMs: 0, state: 'set-aside' as const },
        reason: 'driver | disk',
      },
    ];
    expect(describeNodes(nodes, new Map([['mergesweep/l/demo', 4]]))).toBe(
      [
        '| node | state | slots busy | cards | why |',
        '| --- | --- | --- | --- | --- |',
        '| a | ready | 1/2 |  |  |',
        '| b | set-aside | 1 |  | driver / disk |',
        '',
        'Trials in flight, at most:',
        '',
        '- mergesweep/l/demo: 4',
      ].join('\n'),
    );
    expect(describeNodes([], new Map())).toBe('No node is there.');
  });
});
