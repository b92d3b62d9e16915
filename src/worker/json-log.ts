/** What happens, as JSON lines for whoever collects logs: one event a line. */
import type { NodeEvent } from './node-events.js';

export type LogLevel = 'info' | 'warn' | 'error';

export interface LogEvent {
  readonly level: LogLevel;
  /** Its stable name, e.g. `trial_taken`. */
  readonly event: string;
  /** Plain JSON. */
  readonly [field: string]: unknown;
}

export type Log = (event: LogEvent) => void;

/**
 * @param write takes whole lines
 * @param redact takes secrets out of each text, before it is quoted: a line stays JSON
 */
export function createJsonLog(
  write: (line: string) => void,
  redact: (text: string) => string,
  now = () => new Date(),
): Log {
  const clean = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? redact(value) : value;
  return ({ level, event, ...fields }) => {
    const time = now().toISOString();
    write(`${JSON.stringify({ time, level, event, ...fields }, clean)}\n`);
  };
}

/** A message for people as an event; `error CODE MESSAGE` has its code as a field. */
export function toLogEvent(text: string): LogEvent | undefined {
  const message = text.trim();
  if (message === '') return undefined;
  const [, code, rest] = /^error (\w+) ([\s\S]*)$/.exec(message) ?? [];
  if (code === undefined) return { level: 'info', event: 'message', message };
  return { level: 'error', event: 'error', code, message: rest };
}

/** Failures and refusals are what a person may want to look at. */
export function logNodeEvent(log: Log, { event, node, ...fields }: NodeEvent): void {
  const isOdd = event === 'trial_failed' || event === 'trial_refused';
  log({ level: isOdd ? 'warn' : 'info', event, node, ...fields });
}
