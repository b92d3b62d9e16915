/** `--preempt-command`, `--preempt-every`: how a worker hears that its machine is about to go. */
import { InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../config.js';
import { UsageError } from '../errors.js';
import type { PreemptionSettings } from '../worker/preemption.js';
import { wholeNumber } from './run-options.js';

export interface PreemptFlags {
  readonly preemptCommand?: PreemptionSettings['argv'] | undefined;
  /** Seconds. */
  readonly preemptEvery?: number | undefined;
}

const everySeconds = wholeNumber(1, 600);
const everySetting = 'MERGESWEEP_PREEMPT_SECONDS';

export const preemptCommandOption = (): Option =>
  new Option(
    '--preempt-command <words>',
    'program that exits with 0 once this machine is about to be taken away, else with 1 (MERGESWEEP_PREEMPT_COMMAND)',
  ).argParser((text: string) => parseOption(() => splitCommand(text)));

export const preemptEveryOption = (): Option =>
  new Option(
    '--preempt-every <seconds>',
    'pause between two runs of it (MERGESWEEP_PREEMPT_SECONDS; default: 5)',
  ).argParser(everySeconds);

/**
 * Flags go before the environment; undefined where no command is named.
 * @throws UsageError `preempt_command`, `preempt_seconds`
 */
export function readPreemption(
  flags: PreemptFlags,
  env: Environment,
): PreemptionSettings | undefined {
  const named = env['MERGESWEEP_PREEMPT_COMMAND']?.trim() ?? '';
  const argv = flags.preemptCommand ?? (named === '' ? undefined : splitCommand(named));
  const text = env[everySetting]?.trim() ?? '';
  const seconds = flags.preemptEvery ?? (text === '' ? 5 : readSeconds(text));
  return argv === undefined ? undefined : { argv, everyMs: seconds * 1000 };
}

/**
 * Words parted by spaces; '…' and "…" hold words together. Nothing else has a meaning: no shell reads it.
 * @throws UsageError `preempt_command`
 */
export function splitCommand(text: string): PreemptionSettings['argv'] {
  const pieces = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g;
  const [program, ...args] = [...text.matchAll(pieces)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) =>
      String(single ?? double),
    ),
  );
  const hasLoneQuote = /['"]/.test(text.replaceAll(pieces, ''));
  if (program === undefined || program === '' || hasLoneQuote)
    throw new UsageError(
      'preempt_command',
      `The preempt command ${JSON.stringify(text)}: expected a program and its arguments, each quote closed, like 'deploy/spot/aws.sh'.`,
    );
  return [program, ...args];
}

function readSeconds(text: string): number {
  try {
    return everySeconds(text);
  } catch {
    throw new UsageError(
      'preempt_seconds',
      `${everySetting}=${text}: expected whole seconds from 1 to 600.`,
    );
  }
}

/** Commander tells of the option where this error is its own. */
function parseOption<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
