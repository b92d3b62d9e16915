/** What Temporal's UI shows of a sweep and of a pool, in Markdown. */
import type { SweepProgress } from '../activities/contracts.js';
import type { KnownNode } from './messages.js';
import type { SchedulerState } from './scheduler-state.js';

const mostShown = 16;

/** @param progress as the ledger last told; absent before its first answer, and of earlier versions */
export function describeSweep(
  sweep: string,
  { sweep: told, isHeld, stop, inFlight, capacity }: SchedulerState,
  progress: SweepProgress | undefined,
): string {
  const state = stop === undefined ? told.state : 'stopping';
  const lines = [
    `**${sweep}**: ${state}${isHeld ? ', held' : ''}${told.reason === undefined ? '' : ` (${told.reason})`}`,
    '',
  ];
  if (progress === undefined) lines.push(`- ${told.summary}`);
  else {
    const { ended, maxTrials, best, bestParent, gpuHours, usd } = progress;
    lines.push(`- trials: ${ended} of ${maxTrials} ended`);
    lines.push(
      `- best: ${best === undefined ? 'none yet' : `#${best.trial} ${round(best.score)}`}`,
    );
    if (bestParent !== undefined)
      lines.push(`- best parent: ${bestParent.label} ${round(bestParent.score)}`);
    if (gpuHours !== undefined)
      lines.push(
        `- cost so far: ${round(gpuHours)} GPU-hours${usd === undefined ? '' : `, $${usd.toFixed(2)}`}`,
      );
  }
  lines.push(`- nodes: ${capacity === 0 ? 'none there' : `room for ${capacity} trials in flight`}`);
  lines.push(`- in flight: ${listShort(inFlight.map((trial) => `#${trial}`))}`);
  return lines.join('\n');
}

/** @param sweeps that may use the nodes, with the trials that each may have in flight */
export function describeNodes(
  nodes: readonly KnownNode[],
  sweeps: ReadonlyMap<string, number>,
): string {
  const rows = nodes.slice(0, mostShown).map((node) => {
    const { nodeId, slots, freeSlots, state = 'ready', reason = '', facts } = node;
    const busy = freeSlots === undefined ? '' : `${slots - freeSlots}/`;
    const cards = facts === undefined ? '' : facts.gpus.length === 0 ? 'CPU' : facts.gpus.length;
    return `| ${nodeId} | ${state} | ${busy}${slots} | ${cards} | ${reason.replaceAll('|', '/')} |`;
  });
  const shares = [...sweeps].map(([id, capacity]) => `- ${id}: ${capacity}`);
  return [
    ...(nodes.length === 0
      ? ['No node is there.']
      : [
          '| node | state | slots busy | cards | why |',
          '| --- | --- | --- | --- | --- |',
          ...rows,
        ]),
    ...(nodes.length > mostShown ? ['', `and ${nodes.length - mostShown} more`] : []),
    ...(shares.length === 0 ? [] : ['', 'Trials in flight, at most:', '', ...shares]),
  ].join('\n');
}

function listShort(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, mostShown).join(', ');
  return names.length > mostShown ? `${shown} and ${names.length - mostShown} more` : shown;
}

const round = (value: number): string => String(Number(value.toFixed(4)));
