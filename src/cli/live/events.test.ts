import { describe, expect, it } from 'vitest';
import type { TrialFailure } from '../../errors.js';
import type { ScoreRow } from '../../store/rows.js';
import { formatEvent, listEvents } from './events.js';
import { makeScored, makeSnapshot, makeSweep, makeTrial } from './live.fixture.js';

const score: ScoreRow = {
  ...{ trial: '2', split: 'search', task: 'gsm8k', metric: 'exact_match,none' },
  ...{ value: 0.57, documents: 10, higherIsBetter: true },
};

const lines = (...args: Parameters<typeof listEvents>): string[] =>
  listEvents(...args).map(formatEvent);

describe('listEvents', () => {
  it('opens with the state of the sweep and leaves out what ended before', () => {
    const snapshot = makeSnapshot([makeScored('1', 0.5, 10), makeTrial('2')]);
    expect(lines(undefined, snapshot)).toEqual(['14:01:00 sweep demo running 1/4 trials']);
  });

  it('tells a finished trial with its scores under lm-eval’s full metric keys', () => {
    const before = makeSnapshot([makeScored('1', 0.5, 10), makeTrial('2')]);
    const done = makeScored('2', 0.54123, 50, { mergeSeconds: 1.26, evaluateSeconds: 30 });
    const after = makeSnapshot([makeScored('1', 0.5, 10), done], { scores: [score] });
    expect(lines(before, after)).toEqual([
      '14:01:00 trial 2 done score=0.5412 gsm8k.exact_match,none=0.57 merge_s=1.3 evaluate_s=30.0 NEW BEST',
    ]);
  });

  it('calls only better search trials a new best, in the order in which they ended', () => {
    const before = makeSnapshot([makeScored('1', 0.5, 1)]);
    const after = makeSnapshot([
      makeScored('1', 0.5, 1),
      makeScored('2', 0.7, 9),
      makeScored('3', 0.6, 8),
      makeScored('4', 0.4, 7),
      makeScored('b1', 0.9, 6, { kind: 'baseline', label: 'base' }),
    ]);
    expect(lines(before, after).map((line) => line.replace(/ score=\S+/, ''))).toEqual([
      '14:01:00 baseline b1 (base) done',
      '14:01:00 trial 4 done',
      '14:01:00 trial 3 done NEW BEST',
      '14:01:00 trial 2 done NEW BEST',
    ]);
  });

  it('tells a failure with class, reason and log, never with a score', () => {
    const failure: TrialFailure = {
      ...{ class: 'crash', reason: 'exit code 1', stage: 'merge', attempt: 3 },
      logPath: '/w/merge.log',
    };
    const before = makeSnapshot([makeTrial('1')]);
    const after = makeSnapshot([makeTrial('1', { state: 'failed', failure })]);
    expect(lines(before, after)).toEqual([
      '14:01:00 trial 1 failed crash: exit code 1 log=/w/merge.log',
    ]);
    expect(listEvents(before, after)[0]).not.toHaveProperty('score');
  });

  it('tells what was done to the sweep since, and nothing of before', () => {
    const at = '2026-01-01T13:00:00.000Z';
    const held = { kind: 'pause', detail: { message: 'demo is held.' }, at } as const;
    const moved = { kind: 'engine_changed', detail: { from: 'v20', to: 'v22' }, at } as const;
    const before = makeSnapshot([], { journal: [held] });
    expect(lines(undefined, before)).toEqual(['14:01:00 sweep demo running 0/4 trials']);
    expect(lines(before, makeSnapshot([], { journal: [held, moved, held] }))).toEqual([
      '14:01:00 engine changed: from "v20", to "v22"',
      '14:01:00 pause: demo is held.',
    ]);
  });

  it('tells no waiting for a slot', () => {
    const waiting = makeSnapshot([makeTrial('1')], {
      progress: new Map([['1', { stage: 'queued', percent: 0, node: 'box' }]]),
    });
    expect(lines(makeSnapshot([makeTrial('1')]), waiting)).toEqual([]);
  });

  it('tells a stage once', () => {
    const at = (percent: number) =>
      makeSnapshot([makeTrial('1')], {
        progress: new Map([['1', { stage: 'merge', percent, node: 'box' }]]),
      });
    expect(lines(makeSnapshot([makeTrial('1')]), at(1))).toEqual(['14:01:00 trial 1 merge on box']);
    expect(lines(at(1), at(50))).toEqual([]);
  });

  it('tells that the sweep pauses, and why', () => {
    const sweep = makeSweep({ state: 'paused', reason: 'disk full' });
    expect(lines(makeSnapshot([]), makeSnapshot([], { sweep }))).toEqual([
      '14:01:00 sweep demo paused 0/4 trials (disk full)',
    ]);
  });

  it('carries a version for programs that read it', () => {
    expect(listEvents(undefined, makeSnapshot([]))[0]).toMatchObject({
      version: 1,
      event: 'sweep',
    });
  });
});
