import { parseArgs } from 'node:util';

/** One setting of the comparison. */
export interface Cell {
  readonly slots: number;
  readonly spread: number;
  /** Of the median of 20 s. */
  readonly scale: number;
}

export interface NodesFlags {
  readonly cells: readonly Cell[];
  readonly trials: number;
  /** The first of `seeds` seeds. */
  readonly seed: number;
  readonly seeds: number;
  readonly hasPeers: boolean;
  /** Repeats of the run with kills; 0: none. */
  readonly kills: number;
  /** Trials of the run with the real tools; 0: none. */
  readonly zooTrials: number;
}

/** Seconds that an evaluation takes, in the median, at scale 1. */
export const medianSeconds = 20;

/** Nodes and slots of each that are started for so many slots. */
export const topologies: Readonly<Record<number, readonly [nodes: number, slots: number]>> = {
  4: [2, 2],
  8: [4, 2],
  16: [4, 4],
};

/** @throws TypeError with `code` or Error for a flag that is unknown or makes no sense */
export function parseNodesFlags(args: readonly string[]): NodesFlags {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ slots: text, spread: text, trials: text, seed: text, seeds: text, scale: text },
      ...{ kills: text, zoo: text },
      'skip-peers': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const number = (name: keyof typeof values, otherwise: number, least: number): number => {
    const given = values[name];
    const value = given === undefined ? otherwise : Number(given);
    if (!Number.isFinite(value) || value < least || (name !== 'scale' && !Number.isInteger(value)))
      throw invalid(name, `a number of ${least} or more`, given);
    return value;
  };
  const scale = values.scale === undefined ? undefined : number('scale', 1, 0.01);
  return {
    cells: listCells(values.slots, values.spread, quick).map((cell) =>
      scale === undefined ? cell : { ...cell, scale },
    ),
    trials: number('trials', quick ? 40 : 100, 1),
    seed: number('seed', 1, 0),
    seeds: number('seeds', 1, 1),
    hasPeers: !values['skip-peers'],
    kills: number('kills', quick ? 0 : 3, 0),
    zooTrials: number('zoo', quick ? 0 : 100, 0),
  };
}

/** As many trials a second as 16 slots have at 1: more, and this machine would be measured. */
const scaleOf = (slots: number): number => slots / 16;

/**
 * Without a list: every number of slots with the spread in the middle (8 slots at full length, which
 * the goal is about), every spread with 8 slots.
 */
function listCells(
  slots: string | undefined,
  spread: string | undefined,
  isQuick: boolean,
): readonly Cell[] {
  const cell = (count: number, each: number): Cell => ({
    ...{ slots: count, spread: each, scale: scaleOf(count) },
  });
  if (slots === undefined && spread === undefined) {
    if (isQuick) return [cell(8, 0.5)];
    return [cell(4, 0.5), { ...cell(8, 0.5), scale: 1 }, cell(16, 0.5), cell(8, 0), cell(8, 1)];
  }
  const counts = list('slots', slots ?? '8', (value) => value in topologies, '4, 8 or 16');
  const spreads = list('spread', spread ?? '0.5', (value) => value >= 0 && value <= 2, '0 to 2');
  return counts.flatMap((count) => spreads.map((each) => cell(count, each)));
}

function list(
  name: string,
  text: string,
  isValid: (value: number) => boolean,
  expected: string,
): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value) => Number.isFinite(value) && isValid(value)))
    throw invalid(name, `${expected}, with commas between`, text);
  return values;
}

/** As parseArgs throws. */
function invalid(name: string, expected: string, got: unknown): TypeError {
  const error = new TypeError(`--${name}: expected ${expected}, got ${String(got)}`);
  return Object.assign(error, { code: 'ERR_BENCH_FLAG' });
}
