/** Which orders of the user make no sense, whatever the ledger says. Pure: validators use it. */
import type { SteerOrder } from '../activities/contracts.js';
import type { StopMode } from './messages.js';

/** More at once is a slip of the keyboard. */
const mostTrials = 100_000;
const mostOfCap = 10_000_000;

/** What is wrong with the form of an order, as a sentence; undefined where nothing is. */
export function findMalformation(order: unknown): string | undefined {
  if (!isRecord(order)) return 'expected an order with a kind';
  switch (order['kind']) {
    case 'pause':
    case 'resume':
    case 'stop':
    case 'cancel':
      return undefined;
    case 'extend':
      return findBadExtension(order);
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

/** The caps that an extension may raise. */
const capNames = ['gpuHours', 'usd', 'wallClockHours'] as const;

function findBadExtension(order: Readonly<Record<string, unknown>>): string | undefined {
  const { trials } = order;
  const isCount = Number.isInteger(trials) && Number(trials) >= 1 && Number(trials) <= mostTrials;
  if (trials !== undefined && !isCount)
    return `expected a whole number of trials from 1 to ${mostTrials}, got ${JSON.stringify(trials)}`;
  const given = capNames.filter((name) => order[name] !== undefined);
  if (trials === undefined && given.length === 0)
    return 'expected what to extend by (--trials, --gpu-hours, --usd, --wall-clock-hours)';
  const bad = given.find((name) => {
    const value = order[name];
    return typeof value !== 'number' || !(value > 0 && value <= mostOfCap);
  });
  return bad === undefined
    ? undefined
    : `expected ${bad} > 0, at most ${mostOfCap}, got ${JSON.stringify(order[bad])}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
