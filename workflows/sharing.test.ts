import { expect, it } from 'vitest';
import { openScheduler } from './scheduler.js';
import type { SchedulerState } from './scheduler-state.js';
import { findNeed } from './sharing.js';

const need = (more: Partial<SchedulerState>): ReturnType<typeof findNeed> =>
  findNeed({ ...openScheduler(4), phase: 'running', inFlight: ['1', '2'], ...more });

it('needs as many trials as it gets while it hands out, and else those in flight', () => {
  expect(need({})).toBeUndefined();
  expect(need({ isDry: true })).toBe(2);
  expect(need({ isHeld: true })).toBe(2);
  expect(need({ phase: 'ending' })).toBe(2);
  expect(need({ phase: 'ended', inFlight: [] })).toBe(0);
});

it('does not know what it needs before the ledger has answered', () => {
  expect(need({ phase: 'opening' })).toBe('unclear');
  expect(need({ isDry: true, asked: { requestId: 1, outcomes: [], want: 2 } })).toBe('unclear');
});
