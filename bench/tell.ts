/** The lines that a benchmark prints as it goes. */
import { loadavg } from 'node:os';
import type { Moment } from './measured-run.js';

export function announce(side: string, command: string, args: readonly string[]): void {
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  console.log(`${side}: ${[command, ...args].join(' ')}   (load ${load})`);
}

export function tell(
  side: string,
  trial: string | number,
  score: number | undefined,
  moment: Moment,
): void {
  const text = score === undefined ? 'failed' : score.toFixed(4);
  console.log(
    `${side} trial ${trial}  ${text}  at ${moment.seconds.toFixed(1)} s, ${moment.cpuSeconds.toFixed(1)} CPU-s`,
  );
}
