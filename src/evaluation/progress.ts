import type { ToolProgress } from '../merge/progress.js';

/** Stations of a run before the requests start: imports and task index are most of a small run. */
const stations: readonly {
  readonly pattern: RegExp;
  readonly name: string;
  readonly at: number;
}[] = [
  { pattern: /Selected Tasks:/, name: 'Loading the model', at: 5 },
  { pattern: /Building contexts for/, name: 'Building contexts', at: 15 },
  { pattern: /Saving results aggregated/, name: 'Saving results', at: 99 },
];

/**
 * Reads one line of lm_eval's output; undefined for a line that says nothing of progress. lm_eval
 * doesn't say how many kinds of requests are to come, so every bar runs over the same 20..95: take
 * the highest percentage seen.
 */
export function parseLmEvalProgress(line: string): ToolProgress | undefined {
  const bar = /(Running \w+ requests):\s+\d+%\|.*?\|\s*(\d+)\/(\d+)/.exec(line);
  if (bar?.[1] !== undefined) {
    const total = Number(bar[3]);
    const share = total > 0 ? Math.min(1, Number(bar[2]) / total) : 0;
    return { activity: bar[1], percent: Math.round(20 + share * 75) };
  }
  const station = stations.find(({ pattern }) => pattern.test(line));
  return station && { activity: station.name, percent: station.at };
}
