/** What `check` says of cost and time, and of the nodes. */
import type { CostPlan } from '../client/plan-cost.js';
import { formatUsd } from '../budget/caps.js';
import { formatByteSize } from '../preflight/byte-size.js';
import { formatDuration } from '../report/duration-text.js';

/** @returns pairs of head and text */
export function renderCostPlan({ forecast, nodes }: CostPlan): (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = nodes.map(
    ({ name, slots, vramBytes, ramBytes, diskBytes, needs }) => [
      'node',
      `${name}, ${slots} ${slots === 1 ? 'slot' : 'slots'}: ` +
        [
          ...(vramBytes === undefined || needs.vramBytes === 0
            ? []
            : [`GPU memory ${pair(needs.vramBytes, vramBytes)}`]),
          ...(ramBytes === undefined ? [] : [`RAM ${pair(needs.ramBytes, ramBytes)}`]),
          ...(diskBytes === undefined ? [] : [`disk ${pair(needs.diskBytes, diskBytes)}`]),
        ].join(' · '),
    ],
  );
  if (forecast === undefined) return lines;
  const { slots, gpuHours, wallClockHours, usd, trialSeconds, factor, source } = forecast;
  const money = usd === undefined ? '' : `, ${formatUsd(Number(usd.toPrecision(2)))}`;
  const origin =
    source === 'plan'
      ? `from sizes and limits, may be ${factor} times more or less; measured times replace it`
      : `as an earlier sweep of these models and tasks took, ± ${Math.round((factor - 1) * 100)} %`;
  return [
    ...lines,
    [
      'estimate',
      `a trial ${formatDuration(trialSeconds)}, all ${Number(gpuHours.toPrecision(2))} GPU-hours, ` +
        `${formatDuration(wallClockHours * 3600)} on ${slots} ${slots === 1 ? 'slot' : 'slots'}${money} (${origin})`,
    ],
  ];
}

const pair = (need: number, has: number): string =>
  `${formatByteSize(need)} of ${formatByteSize(has)}`;
