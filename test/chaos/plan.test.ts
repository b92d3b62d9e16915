import { describe, expect, it } from 'vitest';
import { crashPoints } from '../../src/crash-points.js';
import { mixes, parseChaosFlags } from './chaos-flags.js';
import { countKills, planSweep } from './plan.js';

const plans = (count: number, mix: Parameters<typeof planSweep>[2] = mixes) =>
  Array.from({ length: count }, (_, index) => planSweep(7, index, mix, 100));

describe('planSweep', () => {
  it('plans the same for the same seed and sweep, and something else for others', () => {
    expect(planSweep(7, 3, mixes, 100)).toEqual(planSweep(7, 3, mixes, 100));
    expect(planSweep(8, 3, mixes, 100)).not.toEqual(planSweep(7, 3, mixes, 100));
    expect(planSweep(7, 4, mixes, 100).strikes).not.toEqual(planSweep(7, 3, mixes, 100).strikes);
  });

  it('plans no more kills than are left', () => {
    for (let most = 1; most < 12; most += 1)
      expect(countKills(planSweep(1, 0, mixes, most))).toBeLessThanOrEqual(most);
  });

  it('has every crash point, target and kind within a hundred kills', () => {
    const all = plans(12);
    const points = all.flatMap(({ crashes }) => Object.values(crashes).flat());
    for (const point of crashPoints)
      expect(
        points.some((text) => text.startsWith(`${point}#`)),
        point,
      ).toBe(true);
    const strikes = all.flatMap((plan) => plan.strikes);
    expect(new Set(strikes.map(({ kind }) => kind))).toEqual(
      new Set(['kill', 'stop', 'term', 'race', 'wipe']),
    );
    expect(new Set(strikes.map(({ target }) => target))).toEqual(
      new Set(['coordinator', 'server', 'node-1', 'node-2']),
    );
  });

  it('keeps to the mix that was asked for', () => {
    expect(plans(6, ['points']).flatMap(({ strikes }) => strikes)).toEqual([]);
    const servers = plans(6, ['server']).flatMap(({ strikes }) => strikes);
    expect(new Set(servers.map(({ kind, target }) => `${kind} ${target}`))).toEqual(
      new Set(['kill server', 'wipe server']),
    );
  });

  it('strikes no node where there is none', () => {
    const embedded = plans(9).filter(({ topology }) => topology === 'embedded');
    expect(embedded.length).toBeGreaterThan(0);
    for (const { strikes, crashes } of embedded) {
      expect(strikes.filter(({ target }) => target.startsWith('node'))).toEqual([]);
      expect(Object.keys(crashes).filter((target) => target !== 'coordinator')).toEqual([]);
    }
  });
});

describe('parseChaosFlags', () => {
  it('takes kills, seed, mix, jobs and a folder', () => {
    expect(
      parseChaosFlags(['--kills', '9', '--seed', '4', '--mix', 'term,stop', '--keep', 'd']),
    ).toEqual({ kills: 9, seed: 4, mix: ['stop', 'term'], jobs: 2, keep: 'd' });
  });

  it.each([['--kills', '0'], ['--seed', 'x'], ['--mix', 'random,rain'], ['--rain'], ['more']])(
    'refuses %s %s',
    (...args) => {
      expect(() => parseChaosFlags(args)).toThrow();
    },
  );
});
