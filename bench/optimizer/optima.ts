/** The least true value of each function: from the golden file, from an earlier run, or searched for. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../demo-problem.js';

/** By spec, then by instance. */
type Optima = Record<string, Record<string, number>>;

const goldenFile = new URL('golden/optima.json', import.meta.url);
const foundFile = join(root, '.setup', 'bench', 'optimizer', 'optima.json');

export interface FunctionName {
  readonly spec: string;
  readonly instance: number;
}

export interface KnownOptima {
  /** @throws when it is not known yet */
  of(name: FunctionName): number;
  /** Those that `of` would throw on. */
  missing(names: readonly FunctionName[]): FunctionName[];
  /** Keeps one that was searched for, for later runs too. */
  add(name: FunctionName, value: number): void;
}

export function readOptima(): KnownOptima {
  const golden = JSON.parse(readFileSync(goldenFile, 'utf8')) as Record<string, number[]>;
  const found = existsSync(foundFile)
    ? (JSON.parse(readFileSync(foundFile, 'utf8')) as Optima)
    : {};
  const find = ({ spec, instance }: FunctionName): number | undefined =>
    isMerge(spec) ? (golden[spec]?.[instance - 1] ?? found[spec]?.[instance]) : 0;
  return {
    of(name) {
      const value = find(name);
      if (value === undefined) throw new Error(`no optimum of ${name.spec}, ${name.instance}`);
      return value;
    },
    missing: (names) => names.filter((name) => find(name) === undefined),
    add({ spec, instance }, value) {
      found[spec] = { ...found[spec], [instance]: value };
      mkdirSync(dirname(foundFile), { recursive: true });
      writeFileSync(foundFile, JSON.stringify(found));
    },
  };
}

/** The optimum of the others is 0. */
function isMerge(spec: string): boolean {
  return spec.startsWith('merge');
}
