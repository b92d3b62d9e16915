import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Fault, type FaultKind, faultKinds, parseFault } from './faults.js';
import type { ScenarioName } from './run-child.js';

export interface FaultSweepFlags {
  readonly scenarios: readonly ScenarioName[];
  readonly kinds: readonly FaultKind[];
  readonly maxK: number;
  /** Of each scenario; undefined: all. */
  readonly sample: number | undefined;
  readonly seed: number;
  readonly only: Fault | undefined;
}

export const usage = `npm run faultsweep -- [--scenario coordinator|node] [--kinds KIND,…] [--max-k N]
                          [--sample N] [--seed N] [--only FAULT]

Lets the k-th call of every kind fail, once and for good, while a coordinator runs a small sweep and a
node runs a trial, for k = 1, 2, … as long as there is such a call.

  --scenario   default both
  --kinds      of ${Object.keys(faultKinds).join(', ')}; default all
  --max-k N    no call beyond the N-th (default: all)
  --sample N   so many faults of each scenario, chosen by the seed (default: all)
  --seed N     of the sample (default: random)
  --only FAULT one alone, e.g. --scenario coordinator --only "ledger-write 12 ENOSPC forever"
`;

/** @throws Error where a flag is unknown or has no such value */
export function parseFlags(args: readonly string[]): FaultSweepFlags | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      kinds: { type: 'string' },
      'max-k': { type: 'string' },
      sample: { type: 'string' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { scenario } = values;
  if (scenario !== undefined && scenario !== 'coordinator' && scenario !== 'node') {
    throw new Error(`--scenario ${scenario}: expected coordinator or node`);
  }
  const known = Object.keys(faultKinds) as FaultKind[];
  const kinds = values.kinds?.split(',') ?? known;
  const unknown = kinds.find((kind) => !known.some((each) => each === kind));
  if (unknown !== undefined) {
    throw new Error(`--kinds ${unknown}: expected some of ${known.join(', ')}`);
  }
  const only = values.only === undefined ? undefined : parseFault(values.only);
  if (values.only !== undefined && only === undefined) {
    throw new Error(`--only "${values.only}": expected KIND K HOW once|forever`);
  }
  return {
    scenarios: scenario === undefined ? ['coordinator', 'node'] : [scenario],
    kinds: known.filter((kind) => kinds.includes(kind)),
    maxK: toWhole('max-k', values['max-k'], 1) ?? Number.POSITIVE_INFINITY,
    sample: toWhole('sample', values.sample, 1),
    seed: toWhole('seed', values.seed, 0) ?? 0,
    only,
  };
}

function toWhole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
}
