/** The flags of `run`, as typed and as read. */
import { InvalidArgumentError } from 'commander';
import type { ConfigFlags } from '../config.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import type { PermissionFlags } from './permission-flags.js';

export interface RunOptions extends ConfigFlags, TemporalFlags, PermissionFlags {
  readonly name?: string;
  readonly maxTrials?: number;
  readonly seed?: number;
  readonly slots?: number;
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly adopt?: boolean;
  /** False with `--no-worker`. */
  readonly worker: boolean;
}

/** A parser for whole numbers within bounds, in commander's terms. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}
