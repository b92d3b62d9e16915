/** The sum over all sweeps, as it is printed. */
import { spread } from './recovery-times.js';
import {
  deathKinds,
  violationKinds,
  type DeathKind,
  type SweepReport,
  type ViolationKind,
} from './sweep-report.js';

export interface Tally {
  sweeps: number;
  scored: number;
  restarted: number;
  begunAgain: number;
  readonly deaths: Record<DeathKind, number>;
  readonly points: Record<string, number>;
  readonly exits: Record<string, number>;
  readonly violations: Record<ViolationKind, number>;
  /** Seconds. */
  readonly times: Record<TimeName, number[]>;
}

const timeNames = [
  'rescheduledAfterKill',
  'rescheduledAfterTerm',
  'coordinatorToProgress',
  'serverToProgress',
  'termToEnd',
] as const;
type TimeName = (typeof timeNames)[number];

export function emptyTally(): Tally {
  const none = <Name extends string>(names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  return {
    ...{ sweeps: 0, scored: 0, restarted: 0, begunAgain: 0, points: {}, exits: {} },
    deaths: none(deathKinds),
    violations: none(violationKinds),
    times: Object.fromEntries(timeNames.map((name) => [name, [] as number[]])) as Tally['times'],
  };
}

export function addReport(tally: Tally, report: SweepReport): void {
  tally.sweeps += 1;
  tally.scored += report.scored;
  tally.restarted += report.restarted;
  tally.begunAgain += report.begunAgain;
  for (const kind of deathKinds) tally.deaths[kind] += report.deaths[kind];
  for (const key of ['points', 'exits'] as const)
    for (const [name, count] of Object.entries(report[key]))
      tally[key][name] = (tally[key][name] ?? 0) + count;
  for (const { kind } of report.violations) tally.violations[kind] += 1;
  for (const name of timeNames) tally.times[name].push(...report[name]);
}

export function countDeaths({ deaths }: Tally): number {
  return Object.values(deaths).reduce((sum, count) => sum + count, 0);
}

/** One line for people. */
export function describeTally(tally: Tally): string {
  const violations = Object.values(tally.violations).reduce((sum, count) => sum + count, 0);
  return `so far ${countDeaths(tally)} kills, ${tally.scored} trials scored, ${violations} violations`;
}

export function toJsonLine(
  tally: Tally,
  run: { readonly seed: number; readonly heartbeatSeconds: number; readonly seconds: number },
): string {
  const { sweeps, scored, restarted, begunAgain, deaths, points, exits, violations, times } = tally;
  return JSON.stringify({
    program: 'chaos',
    seed: run.seed,
    cases: { kills: countDeaths(tally), ...deaths, sweeps, scored, restarted, begunAgain },
    ...{ points, exits, violations },
    heartbeatSeconds: run.heartbeatSeconds,
    times: Object.fromEntries(timeNames.map((name) => [name, spread(times[name]) ?? null])),
    seconds: Math.round(run.seconds * 10) / 10,
  });
}
