/** The flags that say how a process that works can be watched. */
import { Option } from 'commander';
import { logFormats, type LogFormat } from '../config.js';

export const metricsPortOption = (): Option =>
  new Option(
    '--metrics-port <port>',
    'Prometheus metrics on this port of this machine, or on HOST:PORT; 0: any that is free (MERGESWEEP_METRICS_PORT)',
  );

export const logFormatOption = (): Option =>
  new Option(
    '--log-format <format>',
    'stderr: text, or json: one JSON line an event (MERGESWEEP_LOG_FORMAT)',
  ).choices(logFormats);

/**
 * What the words and the environment ask for, before any verb has parsed them: also what is wrong with
 * them is said so. Whatever is none of the formats is for the verb to refuse.
 */
export function findLogFormat(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): LogFormat {
  const flag = words
    .map((word, index) =>
      word === '--log-format' ? words[index + 1] : /^--log-format=(.*)$/.exec(word)?.[1],
    )
    .find((value) => value !== undefined);
  return (flag ?? env['MERGESWEEP_LOG_FORMAT']?.trim()) === 'json' ? 'json' : 'text';
}
