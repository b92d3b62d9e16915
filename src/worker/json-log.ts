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

/** @param write takes whole lines, and keeps secrets back */
export function createJsonLog(write: (line: string) => void, now = () => new Date()): Log {
  return ({ level, event, ...fields }) => {
    write(`${JSON.stringify({ time: now().toISOString(), level, event, ...fields })}\n`);
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
