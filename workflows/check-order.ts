/** Which orders of the user make no sense, whatever the ledger says. Pure: validators use it. */
import type { SteerOrder } from '../activities/contracts.js';
import type { StopMode } from './messages.js';

/** More at once is a slip of the keyboard. */
const mostTrials = 100_000;

/** What is wrong with the form of an order, as a sentence; undefined where nothing is. */
export function findMalformation(order: unknown): string | undefined {
  if (!isRecord(order)) return 'expected an order with a kind';
  switch (order['kind']) {
    case 'pause':
    case 'resume':
    case 'stop':
    case 'cancel':
      return undefined;
    case 'extend': {
      const { trials } = order;
      return Number.isInteger(trials) && Number(trials) >= 1 && Number(trials) <= mostTrials
        ? undefined
        : `expected a whole number of trials from 1 to ${mostTrials}, got ${JSON.stringify(trials)}`;
    }
    case 'retry': {
      const { trials } = order;
      const isList = Array.isArray(trials) && trials.every((trial) => typeof trial === 'string');
      return trials === undefined || (isList && trials.length > 0)
        ? undefined
        : 'expected the names of trials to retry, or none for all';
    }
    case 'inject': {
      const { params } = order;
      return isRecord(params) && Object.values(params).every(Number.isFinite)
        ? undefined
        : 'expected a finite number for every searched name';
    }
    default:
      return `expected pause, resume, stop, cancel, extend, retry or inject, got ${JSON.stringify(order['kind'])}`;
  }
}

/** Why an order makes no sense to a sweep that was told to stop; undefined where it does. */
export function findMisfit({ kind }: SteerOrder, stop: StopMode | undefined): string | undefined {
  if (stop === undefined) return undefined;
  const state = stop === 'now' ? 'is being cancelled' : 'is stopping';
  if (kind === 'pause' || kind === 'resume')
    return `the sweep ${state}: nothing more is handed out, and it goes on when it is run again`;
  if (kind === 'stop' || (kind === 'cancel' && stop === 'now')) return `the sweep ${state} already`;
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
