import { describe, expect, it } from 'vitest';
import type { TrialProgress } from './contracts.js';
import { HeldSeconds } from './held-seconds.js';
import { ProgressHeartbeat } from './progress-heartbeat.js';
import { createSlotPool, type MergeStrategy, type Slot } from './slots.js';
import { TrialSlots, type CardWatch } from './trial-slots.js';

const cardsOf = ({ id, cudaDevices = [] }: Slot): string => `${id}:${cudaDevices.join('+')}`;

/** A node of two slots of two cards, whose clock a test moves. */
function createNode(strategy: MergeStrategy, cardWatch?: CardWatch) {
  let at = 0;
  const deps = {
    strategy,
    mergePool: createSlotPool([{ id: 'merge', cudaDevices: ['2', '3'] }]),
    gpuPool: createSlotPool([
      { id: 'slot-1', cudaDevices: ['0', '1'] },
      { id: 'slot-2', cudaDevices: ['2', '3'] },
    ]),
    cardWatch,
  };
  /** What can begin has begun before the time passes. */
  const pass = async (seconds: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    at += seconds * 1000;
  };
  const start = (isMergedOnCard: boolean) => {
    const now = () => at;
    const cards = new HeldSeconds({ now });
    const beats: TrialProgress[] = [];
    // A second passes between any two looks: each report is sent.
    let tick = 0;
    const options = { now: () => (tick += 1000) };
    const heartbeat = new ProgressHeartbeat('n', (beat) => beats.push(beat), options);
    heartbeat.stop();
    const { signal } = new AbortController();
    const attempt = { signal, heartbeat, cards, isMergedOnCard, now };
    return { cards, beats, heartbeat, slots: new TrialSlots(deps, attempt) };
  };
  return { ...deps, pass, start };
}

describe('TrialSlots', () => {
  it.each([
    ['overlap', false, 'merge:2+3', 2 * 30],
    ['overlap', true, 'merge:2+3', 2 * 10 + 2 * 30],
    ['spare', true, 'merge:2+3', 2 * 10 + 2 * 30],
    ['serial', false, 'slot-1:0+1', 2 * 10 + 2 * 30],
    ['serial', true, 'slot-1:0+1', 2 * 10 + 2 * 30],
  ] as const)(
    '%s, merged on a card: %s: the merge runs in %s, both stages hold %i card-seconds',
    async (strategy, isMergedOnCard, where, cardSeconds) => {
      const node = createNode(strategy);
      const { slots, cards } = node.start(isMergedOnCard);
      const ran: string[] = [];
      await slots.hold(async () => {
        await slots.merge((slot) => (ran.push(cardsOf(slot)), node.pass(10)));
        await slots.evaluate((slot) => (ran.push(cardsOf(slot)), node.pass(30)));
      });
      expect(ran).toEqual([where, 'slot-1:0+1']);
      expect(cards.total).toBe(cardSeconds);
      expect(slots.slot).toBe('slot-1');
      expect([node.gpuPool.free, node.mergePool.free]).toEqual([2, 1]);
    },
  );

  it("counts a merge on a process's own cards, and none on the CPU", async () => {
    const node = createNode('overlap');
    const place = { id: 'slot-3', cudaDevices: ['0', '1'] };
    for (const [isMergedOnCard, cardSeconds] of [
      [true, 20],
      [false, 0],
    ] as const) {
      const { slots, cards } = node.start(isMergedOnCard);
      await slots.merge(() => node.pass(10), place);
      expect(cards.total).toBe(cardSeconds);
    }
  });

  it('serial: lets the merges of two cards run at once, but one at a time on the CPU', async () => {
    for (const [isMergedOnCard, most] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const node = createNode('serial');
      let running = 0;
      let mostAtOnce = 0;
      const merge = async (): Promise<void> => {
        mostAtOnce = Math.max(mostAtOnce, (running += 1));
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      };
      const trial = () => {
        const { slots } = node.start(isMergedOnCard);
        return slots.hold(() => slots.merge(merge));
      };
      await Promise.all([trial(), trial()]);
      expect(mostAtOnce).toBe(most);
    }
  });

  it('serial: takes one slot, however its work is nested', async () => {
    const node = createNode('serial');
    const { slots } = node.start(true);
    const free = await slots.hold(() =>
      slots.hold(() => slots.evaluate(() => Promise.resolve(node.gpuPool.free))),
    );
    expect(free).toBe(1);
    expect(slots.own).toBeUndefined();
  });

  it('tells how long it waited for the merge and for a slot, and where it is evaluated', async () => {
    const node = createNode('overlap');
    const [first, second] = [node.start(false), node.start(false)];
    let finish = (): void => undefined;
    const until = () => new Promise<void>((resolve) => (finish = resolve));
    const holding = first.slots.merge(until);
    const merging = second.slots.merge(() => Promise.resolve());
    await node.pass(7);
    finish();
    await Promise.all([holding, merging]);
    expect(second.slots.waitSeconds).toEqual({ merge: 7, slot: 0 });

    const place = { id: 'place', cudaDevices: ['0', '1'] };
    const evaluating = first.slots.evaluate(until, place);
    const waiting = second.slots.evaluate(() => Promise.resolve(second.heartbeat.slot), place);
    await node.pass(9);
    expect(second.heartbeat.slot).toBeUndefined();
    finish();
    await evaluating;
    expect(await waiting).toBe('slot-1');
    expect(second.heartbeat.slot).toBeUndefined();
    expect(second.slots.waitSeconds).toEqual({ merge: 7, slot: 9 });
    expect(first.slots.waitSeconds).toEqual({ merge: 0, slot: 0 });
  });

  it('counts the cards, but not the waits, of what runs beside it to be compared', async () => {
    const node = createNode('overlap');
    const { slots, cards } = node.start(false);
    const place = { id: 'place', cudaDevices: ['0', '1'] };
    const beside = slots.beside();
    await Promise.all([
      slots.evaluate(() => node.pass(10), place),
      beside.evaluate(() => node.pass(5), place),
    ]);
    expect(cards.total).toBe(2 * (10 + 5));
    expect([slots.waitSeconds.slot, beside.waitSeconds.slot]).toEqual([0, 10]);
  });

  it('begins when the cards are free, and remembers who was on them still', async () => {
    const asked: string[] = [];
    const node = createNode('overlap', {
      clear: (cards, _, onWait) => {
        asked.push(cards.join('+'));
        onWait('card 0 not free');
        return Promise.resolve('a stranger');
      },
    });
    const { slots, beats } = node.start(true);
    await slots.merge(() => Promise.resolve());
    await slots.evaluate(() => {
      expect(asked).toEqual(['2+3', '0+1']);
      return Promise.resolve();
    });
    expect([...slots.strangers]).toEqual(['a stranger']);
    expect(beats.at(-1)?.activity).toBe('waiting: card 0 not free');
  });

  it('gives slots and cards back when the stage fails', async () => {
    for (const strategy of ['overlap', 'serial'] as const) {
      const node = createNode(strategy);
      const { slots, cards } = node.start(true);
      const broken = () => Promise.reject(new Error('broke'));
      await expect(slots.hold(() => slots.merge(broken))).rejects.toThrow('broke');
      await expect(slots.evaluate(broken)).rejects.toThrow('broke');
      expect(cards.rate).toBe(0);
      expect([node.gpuPool.free, node.mergePool.free]).toEqual([2, 1]);
    }
  });
});
