import { describe, expect, it } from 'vitest';
import type { ProgressByTrial } from '../../client/trial-progress.js';
import { makeParent, makeScored, makeSnapshot, makeTrial, startMs } from './live.fixture.js';
import { viewProgress } from './progress-view.js';
import { renderProgress } from './render.js';

const plain = { columns: 100, color: false };
const failure = { class: 'out_of_memory', reason: 'r', stage: 'evaluate', attempt: 3 } as const;

const busy = makeSnapshot(
  [
    makeScored('b1', 0.9, 0, { kind: 'baseline', label: 'base' }),
    makeParent('spec-rev', 0.5),
    makeTrial('b3', { kind: 'baseline', label: 'uniform' }),
    makeScored('1', 0.4, 10),
    makeScored('2', 0.75, 20),
    makeTrial('3', { state: 'failed', failure, endedAt: new Date(startMs + 30_000).toISOString() }),
    makeTrial('4'),
  ],
  {
    progress: new Map([['4', { stage: 'merge', percent: 33.9, node: 'n' }]]),
    atMs: startMs + 65_000,
  },
);

describe('renderProgress', () => {
  it('shows trials, best against best parent, stages, what is left and what failed', () => {
    expect(renderProgress(viewProgress(busy, startMs), plain)).toEqual([
      'demo  running  3/4 trials  ▕████████████    ▏ 75%  1m05s  ETA 11s ± 1.4s',
      ' best  #2  0.7500   vs best parent +0.2500 (spec-rev 0.5000)',
      ' #4 merge 33%   1 waiting',
      ' baselines 2/3',
      ' failed 1 (#3 out_of_memory)',
    ]);
  });

  it('shows that the user holds it, how far it may go now, and what was done last', () => {
    const sweep = { ...busy.sweep, isHeld: true, maxTrials: 8 };
    const at = '2026-01-01T13:00:00.000Z';
    const journal = [
      { kind: 'extend', detail: { message: 'demo may try 4 more.' }, at },
      { kind: 'pause', detail: { message: 'demo is held.' }, at },
    ] as const;
    const lines = renderProgress(viewProgress({ ...busy, sweep, journal }, startMs), plain);
    expect(lines[0]).toContain('demo  held  3/8 trials');
    expect(lines.at(-1)).toBe(' 2026-01-01 13:00 pause: demo is held.');
  });

  it('has something to say before anything is scored', () => {
    const view = viewProgress(makeSnapshot([makeTrial('1')]), startMs);
    expect(renderProgress(view, plain)).toEqual([
      'demo  running  0/4 trials  ▕                ▏ 0%  1m00s',
      ' best  –',
      ' 1 waiting',
    ]);
  });

  it('says in which slot a trial is evaluated, on which of several nodes, and how many are free', () => {
    const progress: ProgressByTrial = new Map([
      ['4', { stage: 'evaluate' as const, percent: 7, node: 'a', slot: 'slot-2' }],
    ]);
    const slots = { total: 8, free: 3 };
    const one = viewProgress({ ...busy, progress, slots }, startMs);
    expect(renderProgress(one, plain)).toContain(
      ' #4 evaluate 7% @slot-2   1 waiting   3 of 8 slots free',
    );
    const more: ProgressByTrial = new Map([
      ...progress,
      ['b3', { stage: 'merge' as const, percent: 0, node: 'b' }],
    ]);
    expect(renderProgress(viewProgress({ ...busy, progress: more }, startMs), plain)).toContain(
      ' #b3 uniform merge 0% @b   #4 evaluate 7% @a/slot-2',
    );
  });

  it('keeps to the width of the terminal', () => {
    const lines = renderProgress(viewProgress(busy, startMs), { columns: 24, color: false });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(24);
    expect(lines[0]).toMatch(/…$/);
    expect(lines).toContain(' #4 merge 33%');
  });

  it('colours only where colour is wanted, around whole lines', () => {
    const escape = String.fromCharCode(27);
    const view = viewProgress(busy, startMs);
    expect(renderProgress(view, plain).join('')).not.toContain(escape);
    expect(renderProgress(view, { columns: 24, color: true })[0]).toContain(escape);
  });
});

describe('viewProgress', () => {
  it('takes the base for no parent, however good it is', () => {
    expect(viewProgress(busy, startMs).bestParent?.label).toBe('spec-rev');
  });

  it('leaves a night’s pause out of the estimate', () => {
    const night = [10, 20, 30, 30_000, 30_010].map((s, i) => makeScored(String(i), 0.5, s));
    const sweep = { ...makeSnapshot([]).sweep, maxTrials: 10 };
    const { eta } = viewProgress(makeSnapshot(night, { sweep }), startMs).outlook;
    expect(eta).toMatchObject({ seconds: 50, source: 'measured' });
  });

  it('estimates nothing from one trial', () => {
    const view = viewProgress(makeSnapshot([makeScored('1', 0.5, 10)]), startMs);
    expect(view.outlook).not.toHaveProperty('eta');
  });
});
