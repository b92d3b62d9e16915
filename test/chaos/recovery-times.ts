/** How long it takes after a death until work goes on. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A call of a fake tool. */
export interface ToolCall {
  /** Path of its work folder: `…/<node's folder>/<work key>`. */
  readonly work: string | null;
  /** Unix time, s. */
  readonly at: number;
}

export function readCalls(path: string): ToolCall[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as ToolCall];
      } catch {
        return []; // The tool was killed in the middle of it.
      }
    });
}

export interface NodeDeath {
  /** Name of the node's folder. */
  readonly folder: string;
  /** Unix time, ms. */
  readonly atMs: number;
}

/**
 * Seconds from a node's death until what it worked on was started again, on any node; work that needed
 * no second start is left out.
 * @param endedAtMs when the ledger accepted a piece of work, by its key
 * @param quiet only deaths with nothing else happening until then count: is anything within [from, to]?
 */
export function measureRescheduling(
  deaths: readonly NodeDeath[],
  calls: readonly ToolCall[],
  endedAtMs: ReadonlyMap<string, number>,
  isDisturbed: (fromMs: number, toMs: number) => boolean,
): number[] {
  return deaths.flatMap(({ folder, atMs }) => {
    const before = new Set(
      calls.flatMap(({ work, at }) =>
        at * 1000 < atMs && work !== null && basename(dirname(work)) === folder
          ? [basename(work)]
          : [],
      ),
    );
    return [...before].flatMap((key) => {
      if ((endedAtMs.get(key) ?? Infinity) <= atMs) return [];
      const again = calls.find(
        ({ work, at }) => at * 1000 > atMs && work?.endsWith(`/${key}`) === true,
      );
      if (again === undefined || isDisturbed(atMs, again.at * 1000)) return [];
      return [again.at - atMs / 1000];
    });
  });
}

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Undefined of none. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (share: number): number =>
    round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
