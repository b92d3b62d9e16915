import { describe, expect, it } from 'vitest';
import type { NodeAnnouncement, SweepSubscription } from './messages.js';
import { shareSlots } from './share-slots.js';

let seed = 7;
/** Whole numbers 0..below-1, the same in every run. */
const draw = (below: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};

const node = (nodeId: string, slots: number, more: Partial<NodeAnnouncement> = {}) => ({
  ...{ nodeId, slots },
  ...more,
});
const sweep = (workflowId: string, more: Partial<SweepSubscription> = {}): SweepSubscription => ({
  workflowId,
  ...more,
});
const shares = (nodes: readonly NodeAnnouncement[], sweeps: readonly SweepSubscription[]) =>
  Object.fromEntries(shareSlots(nodes, sweeps));

describe('shareSlots', () => {
  it('gives a lone sweep every slot, and one trial to prefetch for each node', () => {
    expect(shares([node('a', 2), node('b', 4)], [sweep('s')])).toEqual({ s: 8 });
    expect(shares([node('a', 2, { prefetch: 0 }), node('b', 4)], [sweep('s')])).toEqual({ s: 7 });
  });

  it('gives nothing where no node is ready', () => {
    expect(shares([], [sweep('s')])).toEqual({ s: 0 });
    const away = [node('a', 2, { state: 'draining' }), node('b', 2, { state: 'set-aside' })];
    expect(shares(away, [sweep('s')])).toEqual({ s: 0 });
    expect(shares([...away, node('c', 1)], [sweep('s')])).toEqual({ s: 2 });
  });

  it('shares by weight, and as nearly as whole trials allow', () => {
    expect(shares([node('a', 7)], [sweep('s', { weight: 3 }), sweep('t')])).toEqual({ s: 6, t: 2 });
    expect(shares([node('a', 8)], [sweep('s'), sweep('t')])).toEqual({ s: 5, t: 4 });
  });

  it('gives others what a sweep has no need for', () => {
    expect(shares([node('a', 9)], [sweep('s', { need: 2 }), sweep('t')])).toEqual({ s: 2, t: 8 });
    expect(shares([node('a', 9)], [sweep('s', { need: 0 }), sweep('t')])).toEqual({ s: 0, t: 10 });
  });

  it('serves a lower priority only with what the higher leaves', () => {
    const [first, later] = [sweep('s', { priority: 1 }), sweep('t', { priority: 5, weight: 99 })];
    expect(shares([node('a', 3)], [later, first])).toEqual({ s: 4, t: 0 });
    expect(shares([node('a', 3)], [later, { ...first, need: 1 }])).toEqual({ s: 1, t: 3 });
  });

  it('lets no sweep starve by rounding, though more wait than run', () => {
    const heavy = sweep('s', { weight: 1000 });
    expect(shares([node('a', 3)], [heavy, sweep('t')])).toEqual({ s: 3, t: 1 });
    const many = ['a', 'b', 'c', 'd'].map((name) => sweep(name));
    expect(shares([node('a', 1)], many)).toEqual({ a: 1, b: 1, c: 1, d: 1 });
  });

  it('counts a node for the sweeps that it does not refuse, and saves the others for these', () => {
    const refuses = [{ sweep: 's', reason: 'other versions' }];
    const nodes = [node('a', 3), node('b', 3, { refuses })];
    expect(shares(nodes, [sweep('s')])).toEqual({ s: 4 });
    expect(shares(nodes, [sweep('s'), sweep('t')])).toEqual({ s: 4, t: 4 });
    expect(shares(nodes.slice(1), [sweep('s'), sweep('t')])).toEqual({ s: 0, t: 4 });
  });

  it('keeps to need and total, wastes nothing, and does not depend on the order', () => {
    for (let round = 0; round < 300; round += 1) {
      const sweeps = Array.from({ length: 1 + draw(5) }, (_, index) =>
        sweep(`s${index}`, {
          priority: 1 + draw(3),
          weight: 1 + draw(4),
          ...(draw(2) === 0 ? { need: draw(6) } : {}),
        }),
      );
      const nodes = Array.from({ length: draw(5) }, (_, index) =>
        node(`n${index}`, 1 + draw(4), {
          refuses: sweeps
            .filter(() => draw(4) === 0)
            .map(({ workflowId }) => ({ sweep: workflowId, reason: 'r' })),
        }),
      );
      const given = shares(nodes, sweeps);
      const total = nodes.reduce((sum, { slots }) => sum + slots + 1, 0);
      const sum = Object.values(given).reduce((all, count) => all + count, 0);
      // Above the total only by the ones in line.
      expect(sum).toBeLessThanOrEqual(Math.max(total, total === 0 ? 0 : total + sweeps.length - 1));
      for (const { workflowId, need = Infinity } of sweeps) {
        const count = given[workflowId] ?? NaN;
        expect(Number.isInteger(count) && count >= 0 && count <= need).toBe(true);
        const couldTake = nodes.filter(
          ({ refuses = [] }) => !refuses.some((refused) => refused.sweep === workflowId),
        );
        const room = couldTake.reduce((all, { slots }) => all + slots + 1, 0);
        expect(count).toBeLessThanOrEqual(Math.max(room, 1));
        // Wants more: then what it could use is all given away.
        if (count < Math.min(need, room)) expect(sum).toBeGreaterThanOrEqual(room);
      }
      expect(shares([...nodes].reverse(), [...sweeps].reverse())).toEqual(given);
    }
  });

  it('keeps the shares of equals within one of each other', () => {
    for (let slots = 1; slots <= 20; slots += 1)
      for (let count = 1; count <= 6; count += 1) {
        const names = Array.from({ length: count }, (_, index) => sweep(`s${index}`));
        const given = Object.values(shares([node('a', slots)], names));
        expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(1);
      }
  });
});
