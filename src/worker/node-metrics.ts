/** The events of a node as metrics. */
import type { TrialStage } from '../errors.js';
import type { Metrics } from './metrics.js';
import type { NodeEvent } from './node-events.js';

const stages: readonly TrialStage[] = ['queued', 'merge', 'evaluate', 'collect'];
const outcomes = {
  trial_ended: 'complete',
  trial_failed: 'failed',
  trial_cancelled: 'cancelled',
  trial_handed_back: 'handed_back',
  trial_refused: 'refused',
} as const;

/** @returns what is to be told of every event of this node */
export function countNodeEvents(metrics: Metrics, node: string): (event: NodeEvent) => void {
  const busy = new Map<TrialStage, number>();
  const move = (stage: TrialStage, by: 1 | -1): void => {
    const count = Math.max(0, (busy.get(stage) ?? 0) + by);
    busy.set(stage, count);
    metrics.record('slots_busy', count, { node, stage });
  };
  // A series that begins at 0 shows its first step.
  for (const stage of stages) metrics.record('slots_busy', 0, { node, stage });
  for (const outcome of Object.values(outcomes))
    metrics.record('trials_total', 0, { node, outcome });
  for (const name of [
    'trial_attempts_total',
    'card_seconds_total',
    'prefetched_total',
    'handed_back_total',
  ] as const)
    metrics.record(name, 0, { node });

  return (event) => {
    if (event.event === 'trial_taken') {
      metrics.record('trial_attempts_total', 1, { node });
      move('queued', 1);
      return;
    }
    const { stage, seconds } = event.left;
    metrics.record('stage_duration_seconds', seconds, { node, stage });
    move(stage, -1);
    if (event.event === 'stage_entered') {
      move(event.stage, 1);
      return;
    }
    metrics.record('trials_total', 1, { node, outcome: outcomes[event.event] });
    if (event.event === 'trial_handed_back') metrics.record('handed_back_total', 1, { node });
    if (event.event === 'trial_failed') {
      metrics.record('failures_total', 1, { node, class: event.class });
      metrics.record('card_seconds_total', event.gpuSeconds ?? 0, { node });
    }
    if (event.event === 'trial_ended') {
      const { gpuSeconds = 0, isPrefetched = false, waitSeconds } = event;
      metrics.record('card_seconds_total', gpuSeconds, { node });
      if (isPrefetched) metrics.record('prefetched_total', 1, { node });
      if (waitSeconds === undefined) return;
      metrics.record('queue_wait_seconds', waitSeconds.merge, { node, for: 'merge' });
      metrics.record('queue_wait_seconds', waitSeconds.slot, { node, for: 'slot' });
    }
  };
}
