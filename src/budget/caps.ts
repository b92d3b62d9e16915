/** The caps of a sweep in seconds, and in the user's words. */
import type { SweepFile } from '../spec/schema.js';

export interface Cap {
  /** > 0; card-seconds of GPU-hours and money, seconds of the wall clock. */
  readonly seconds: number;
  /** e.g. `12 GPU-hours`, `$80`, `8 hours` */
  readonly text: string;
  /** What raises it, e.g. `budget.gpu_hours`. */
  readonly key: 'budget.gpu_hours' | 'budget.usd' | 'budget.wall_clock_hours';
}

export interface Caps {
  /** The tighter one of GPU-hours and money. */
  readonly gpu?: Cap;
  readonly wallClock?: Cap;
}

export function readCaps(budget: SweepFile['budget']): Caps {
  const { gpu_hours, usd, usd_per_gpu_hour, wall_clock_hours } = budget;
  const gpu: Cap[] = [];
  if (gpu_hours !== undefined) gpu.push(capOf(gpu_hours, 'GPU-hour', 'budget.gpu_hours'));
  if (usd !== undefined && usd_per_gpu_hour !== undefined)
    gpu.push({
      seconds: (usd / usd_per_gpu_hour) * 3600,
      text: formatUsd(usd),
      key: 'budget.usd',
    });
  const [first] = gpu.sort((a, b) => a.seconds - b.seconds);
  return {
    ...(first !== undefined && { gpu: first }),
    ...(wall_clock_hours !== undefined && {
      wallClock: capOf(wall_clock_hours, 'hour', 'budget.wall_clock_hours'),
    }),
  };
}

const capOf = (hours: number, noun: string, key: Cap['key']): Cap => ({
  seconds: hours * 3600,
  text: `${trim(hours)} ${noun}${hours === 1 ? '' : 's'}`,
  key,
});

/** `$0.25`, `$24.30`, `$80` */
export function formatUsd(usd: number): string {
  return Number.isInteger(usd) ? `$${usd}` : `$${usd.toFixed(usd < 0.1 ? 3 : 2)}`;
}

/** No more than three digits behind the point, and no zeros at the end. */
const trim = (value: number): string => String(Number(value.toFixed(3)));
