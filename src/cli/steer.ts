/** The verbs that steer a sweep while it runs, or while nothing runs it. */
import { InvalidArgumentError, type Command } from 'commander';
import type { SteerOrder } from '../../activities/contracts.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { UsageError } from '../errors.js';
import { findMalformation } from '../../workflows/check-order.js';
import { resolveSweep } from '../report/resolve-reference.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  resultsFlag,
  sweepArgument,
  withReader,
  writeJson,
  type ReadingOptions,
} from './reading-verb.js';
import { wholeNumber } from './run-options.js';
import type { CliIo } from './verb.js';

interface SteerFlags extends ReadingOptions, TemporalFlags {
  readonly trials?: number;
  readonly gpuHours?: number;
  readonly usd?: number;
  readonly wallClockHours?: number;
}

interface SteerVerb {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** Further words of the command line, e.g. `[trials...]`. */
  readonly words?: readonly [syntax: string, says: string];
  readonly examples: readonly (readonly [command: string, says: string])[];
  readonly toOrder: (words: readonly string[], flags: SteerFlags) => SteerOrder;
}

const verbs: readonly SteerVerb[] = [
  {
    name: 'pause',
    summary: 'hand out nothing more until it is resumed',
    description:
      'Holds a sweep: trials that run go on to their end, no other is handed out, and the process\nthat runs it stays. It stays held over restarts, until `mergesweep resume SWEEP`.',
    examples: [['pause demo', 'frees the GPUs as their trials end']],
    toOrder: () => ({ kind: 'pause' }),
  },
  {
    name: 'stop',
    summary: 'let what runs end, then stop',
    description:
      'Stops a sweep in order: trials that run may end and are kept, then its run ends as paused. It\ngoes on with `mergesweep resume SWEEP`.',
    examples: [['stop @last', 'after the trials that run now']],
    toOrder: () => ({ kind: 'stop' }),
  },
  {
    name: 'cancel',
    summary: 'kill what runs, then stop',
    description:
      'Stops a sweep now: its trials are killed and run again, under their numbers, when it goes on\nwith `mergesweep resume SWEEP`. What was scored is kept.',
    examples: [['cancel demo', 'the GPUs are free within seconds']],
    toOrder: () => ({ kind: 'cancel' }),
  },
  {
    name: 'extend',
    summary: 'give a sweep more trials, GPU-hours, money or time',
    description:
      'Raises the budget of a sweep, while it runs or later: so many trials more, or so much more of a\ncap that its file has. A search that a cap has ended goes on. More trials are refused once its\nfinalists are scored on the held-out documents: those are looked at once. A higher cap lets their\nconfirmations go on.',
    examples: [
      ['extend demo --trials 20', 'twenty candidates more'],
      ['extend demo --gpu-hours 4', 'four more than its cap is now'],
    ],
    toOrder: (_, { trials, gpuHours, usd, wallClockHours }) => ({
      kind: 'extend',
      ...(trials !== undefined && { trials }),
      ...(gpuHours !== undefined && { gpuHours }),
      ...(usd !== undefined && { usd }),
      ...(wallClockHours !== undefined && { wallClockHours }),
    }),
  },
  {
    name: 'retry',
    summary: 'run failed trials again',
    description:
      'Puts failed trials back in line under their numbers; they cost no budget. Without names: all\nthat failed through no fault of their candidate (crash, hang, lost node, full disk, …).',
    words: ['[trials...]', 'trials that failed, e.g. 7 b2'],
    examples: [
      ['retry demo', 'all for which infrastructure was to blame'],
      ['retry demo 7 12', 'these two, whatever was to blame'],
    ],
    toOrder: (words) =>
      words.length === 0
        ? { kind: 'retry' }
        : { kind: 'retry', trials: words.map((word) => word.replace(/^#/, '')) },
  },
  {
    name: 'inject',
    summary: 'try this candidate next',
    description:
      'Makes the next candidate of a sweep: every searched number by its name, within its range. It\ncounts to the budget. `mergesweep best SWEEP --json` shows the names.',
    words: ['<name=value...>', 'a value for every searched number'],
    examples: [
      ['inject demo weight.code=0.6 weight.math=0.4 density.code=0.5 density.math=0.5', 'a hunch'],
    ],
    toOrder: (words) => ({ kind: 'inject', params: readParams(words) }),
  },
];

/** `pause`, `stop`, `cancel`, `extend`, `retry` and `inject`. */
export function registerSteer(program: Command, io: CliIo, dependencies: CliDependencies): void {
  for (const verb of verbs) register(verb, program, io, dependencies);
}

function register(
  { name, summary, description, words, examples, toOrder }: SteerVerb,
  program: Command,
  io: CliIo,
  dependencies: CliDependencies,
): void {
  const command = program
    .command(name)
    .summary(summary)
    .description(description)
    // Never the last one by default: an order is not to hit another sweep than was meant.
    .argument('<sweep>', sweepArgument);
  if (words !== undefined) command.argument(...words);
  if (name === 'extend')
    command
      .option('--trials <n>', 'so many more', wholeNumber(1, 100_000))
      .option('--gpu-hours <n>', 'so many more than budget.gpu_hours', positiveNumber)
      .option('--usd <n>', 'so much more than budget.usd', positiveNumber)
      .option(
        '--wall-clock-hours <n>',
        'so many more than budget.wall_clock_hours',
        positiveNumber,
      );
  command
    .option('--address <host:port>', 'Temporal server of the process that runs the folder')
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .action(async (...given: unknown[]) => {
      const sweep = String(given[0]);
      const rest = words === undefined ? [] : (given[1] as string[]);
      const flags = command.opts<SteerFlags>();
      const order = toOrder(rest, flags);
      const malformation = findMalformation(order);
      if (malformation !== undefined) throw new UsageError('steer_refused', malformation);
      await carryOut(sweep, order, flags, io, dependencies);
    });
  addReadingOptions(
    command,
    '"sweep", "order": {kind, …}, "message", "isHeld", "state", "reason", "isLive": whether a process runs the sweep\'s folder',
  );
  addExamples(command, examples);
}

async function carryOut(
  name: string,
  order: SteerOrder,
  flags: SteerFlags,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<void> {
  const steerSweep = await dependencies.loadSteer();
  await withReader(flags, io, dependencies, async (reader, resultsDir) => {
    const sweep = resolveSweep(reader, name).name;
    const { ledgerId } = reader;
    const done = await steerSweep({ resultsDir, ledgerId, sweep, order, flags, env: io.env });
    if (flags.json === true) {
      writeJson(io, { sweep, order, ...done });
      return;
    }
    io.out(`${done.message}\n`);
    if (done.isLive || done.isHeld || done.state === 'finished') return;
    io.err(
      `Nothing runs it now; it goes on with: npx mergesweep resume ${sweep}${resultsFlag(flags)}\n`,
    );
  });
}

/** In commander's terms. */
function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('Expected a number greater than 0.');
  return value;
}

/** @throws UsageError `inject_value` */
function readParams(words: readonly string[]): Record<string, number> {
  const params = new Map<string, number>();
  for (const word of words) {
    const [, name = '', text = ''] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw new UsageError(
        'inject_value',
        `expected NAME=NUMBER, e.g. weight.code=0.6, got ${JSON.stringify(word)}`,
      );
    }
    if (params.has(name)) {
      throw new UsageError('inject_value', `${name} is given twice`);
    }
    params.set(name, value);
  }
  return Object.fromEntries(params);
}
