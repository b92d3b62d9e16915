/**
 * `npm run sabotage`: plants known bugs one by one in a copy of the checkout and expects the test that is
 * named for each to fail. A test that passes over its bug is a test that can't fail.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { copyCheckout } from './copy-checkout.js';
import { nameCatcher, runCatcher } from './catcher.js';
import { type Plant, plantBug } from './plant.js';
import { plants } from './plants.js';

const usage = `usage: npm run sabotage -- [--sample N] [--seed N] [--only TEXT] [--list]

Plants bugs in a copy of the checkout, and expects each to be caught by the test that is named for it.

  --sample N   so many, chosen by the seed; default: all
  --seed N     default: random
  --only TEXT  those whose name holds TEXT
  --list       name them and their tests, run nothing`;

const violations = { uncaught: 0, stale: 0, broken: 0 };

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const number = (text: string | undefined): number | undefined => {
      if (text !== undefined && !/^\d+$/.test(text))
        throw new Error(`expected a number, got ${text}`);
      return text === undefined ? undefined : Number(text);
    };
    return { ...values, sample: number(values.sample), seed: number(values.seed) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

/** A few of them, by the seed: the order of their hashes with it. */
function sample(all: readonly Plant[], count: number, seed: number): Plant[] {
  const rank = (index: number): number =>
    Math.imul(index + 1, 2654435761 ^ Math.imul(seed + 1, 40503)) >>> 0;
  return all
    .map((plant, index) => ({ plant, rank: rank(index) }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ plant }) => plant);
}

function tryPlant(plant: Plant, copy: string): void {
  const started = performance.now();
  const say = (word: string, why = ''): void => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${word.padEnd(8)} ${plant.name}  [${nameCatcher(plant.caughtBy)}]  ${seconds} s${why}`,
    );
  };
  const clean = runCatcher(plant.caughtBy, copy);
  if (clean.outcome !== 'passed') {
    violations.broken += 1;
    say('BROKEN', `\n  without the bug it says:\n${clean.output}`);
    return;
  }
  let restore;
  try {
    restore = plantBug(plant, copy);
  } catch (error) {
    violations.stale += 1;
    say('STALE', `\n  ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const { outcome, output } = runCatcher(plant.caughtBy, copy);
  restore();
  if (outcome === 'caught') {
    say('caught');
    return;
  }
  violations.uncaught += 1;
  say('UNCAUGHT', outcome === 'nothing' ? `\n  it broke otherwise:\n${output}` : '');
}

const flags = readFlags();
if (flags.help === true) {
  console.log(usage);
  process.exit(0);
}
const seed = flags.seed ?? Math.floor(Math.random() * 1_000_000);
const wanted = plants.filter(({ name }) => name.includes(flags.only ?? ''));
const chosen = flags.sample === undefined ? wanted : sample(wanted, flags.sample, seed);
console.log(`npm run sabotage -- --seed ${seed}: ${chosen.length} of ${plants.length} bugs`);
if (flags.list === true) {
  for (const plant of chosen) console.log(`${plant.name}  [${nameCatcher(plant.caughtBy)}]`);
  process.exit(0);
}
const started = performance.now();
const copy = copyCheckout(process.cwd());
try {
  for (const plant of chosen) tryPlant(plant, copy);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - started) / 100) / 10;
console.log(
  JSON.stringify({
    program: 'sabotage',
    seed,
    cases: { planted: chosen.length },
    violations,
    seconds,
  }),
);
process.exitCode = Object.values(violations).some((count) => count > 0) ? 1 : 0;
