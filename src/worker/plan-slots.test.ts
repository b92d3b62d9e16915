import { describe, expect, it } from 'vitest';
import { planSlots, type SlotPlan } from './plan-slots.js';

const cores = 8;
const cardsOf = (slots: SlotPlan['places']): string[] =>
  slots.map(({ id, cudaDevices = [] }) => `${id}:${cudaDevices.join('+')}`);

describe('planSlots', () => {
  it('gives each card a slot, and the merges the last card', () => {
    const plan = planSlots({ gpus: ['0', '1'], cores });
    expect(plan).toMatchObject({ strategy: 'overlap', gpusPerTrial: 1, prefetch: 1 });
    expect(cardsOf(plan.evaluation)).toEqual(['slot-1:0', 'slot-2:1']);
    expect(cardsOf(plan.merge)).toEqual(['merge:1']);
  });

  it('has one more process than slots, on the first card, for the next merge', () => {
    const { places } = planSlots({ gpus: ['0', '1'], cores });
    expect(cardsOf(places)).toEqual(['slot-1:0', 'slot-2:1', 'slot-3:0']);
  });

  it('cuts the cards into groups for a model over several', () => {
    const plan = planSlots({ gpus: ['0', '1', '2', '3'], gpusPerTrial: 2, cores });
    expect(cardsOf(plan.evaluation)).toEqual(['slot-1:0+1', 'slot-2:2+3']);
    expect(cardsOf(plan.merge)).toEqual(['merge:2+3']);
    expect(plan.gpusPerTrial).toBe(2);
  });

  it('lets more slots than groups share them in turn', () => {
    const { evaluation } = planSlots({ gpus: ['0', '1'], slots: 3, cores });
    expect(cardsOf(evaluation)).toEqual(['slot-1:0', 'slot-2:1', 'slot-3:0']);
  });

  it('has a slot per two cores where there are no cards', () => {
    const plan = planSlots({ gpus: [], cores });
    expect(cardsOf(plan.evaluation)).toEqual(['slot-1:', 'slot-2:', 'slot-3:', 'slot-4:']);
    expect(plan.gpusPerTrial).toBe(0);
    expect(planSlots({ gpus: [], cores: 1 }).evaluation).toHaveLength(1);
  });

  it('spare: keeps the last group out of every evaluation', () => {
    const plan = planSlots({ gpus: ['0', '1', '2'], strategy: 'spare', slots: 3, cores });
    expect(cardsOf(plan.evaluation)).toEqual(['slot-1:0', 'slot-2:1', 'slot-3:0']);
    expect(cardsOf(plan.places).join()).not.toContain(':2');
    expect(cardsOf(plan.merge)).toEqual(['merge:2']);
    expect(planSlots({ gpus: ['0', '1', '2'], strategy: 'spare', cores }).evaluation).toHaveLength(
      2,
    );
  });

  it.each([[[]], [['0']]])('spare: refuses the cards %j', (gpus) => {
    expect(() => planSlots({ gpus, strategy: 'spare', cores })).toThrow(
      expect.objectContaining({ code: 'strategy' }) as Error,
    );
  });

  it('serial: takes nothing to prefetch, and no process waits beside an evaluation', () => {
    const plan = planSlots({ gpus: ['0', '1'], strategy: 'serial', cores });
    expect(plan.prefetch).toBe(0);
    expect(cardsOf(plan.places)).toEqual(cardsOf(plan.evaluation));
  });

  it.each([
    [['0', '1', '2'], 2],
    [['0'], 2],
    [[], 2],
  ])('refuses to leave cards of %j over in groups of %i', (gpus, gpusPerTrial) => {
    expect(() => planSlots({ gpus, gpusPerTrial, cores })).toThrow(
      expect.objectContaining({ code: 'gpus_per_trial' }) as Error,
    );
  });
});
