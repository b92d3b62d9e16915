import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface PowerCutFlags {
  readonly cuts: number;
  readonly seed: number;
  readonly transactions: number;
  readonly synchronous: 'full' | 'normal';
}

export const usage = `npm run powercut -- [--cuts N] [--seed N] [--transactions N] [--synchronous full|normal]

Records every write and fsync of a coordinator and a node, cuts the power at random places, and opens
what a disk may hold then with mergesweep's own code.

  --cuts N          how often the power is cut (default 1000; a quarter more during recoveries, and on
                    a node's files)
  --seed N          replays a run (default: random)
  --transactions N  of the recorded coordinator (default 300)
  --synchronous normal
                    plants a fault in the recorded coordinator: acknowledged rows must be lost
`;

/** @throws Error where a flag is unknown or has no such value */
export function parseFlags(args: readonly string[]): PowerCutFlags | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cuts: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      transactions: { type: 'string', default: '300' },
      synchronous: { type: 'string', default: 'full' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { synchronous } = values;
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw new Error(`--synchronous ${synchronous}: expected full or normal`);
  }
  return {
    cuts: toWhole('cuts', values.cuts, 1),
    seed: toWhole('seed', values.seed, 0),
    transactions: toWhole('transactions', values.transactions, 20),
    synchronous,
  };
}

function toWhole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${text}: expected a whole number of ${least} or more`);
}
