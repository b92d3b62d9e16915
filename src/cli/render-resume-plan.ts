/** What `resume --plan` prints. */
import type { ResumePlan } from '../client/plan-resume.js';
import { toPrintableLine } from '../report/printable.js';
import { renderEdits } from '../spec/spec-change.js';

/**
 * @param file as the reader would type it
 * @param goOn the command that does it
 */
export function renderResumePlan(plan: ResumePlan, file: string, goOn: string): string[] {
  const reason = plan.reason === undefined ? '' : `: ${toPrintableLine(plan.reason)}`;
  return [
    `${plan.sweep}  ${plan.isHeld ? 'held by you, ' : ''}${plan.state}${reason}`,
    ...row('reused', describeReused(plan)),
    ...row('under way', describeUnderWay(plan)),
    ...row(
      'run again',
      plan.again.map(({ trial, why }) => `${trial}: ${toPrintableLine(why)}`),
    ),
    ...row('waiting', plan.waiting.length === 0 ? [] : [list(plan.waiting)]),
    ...row('next', [describeNext(plan)]),
    ...row('folder', [describeFolder(plan)]),
    ...row('Temporal', [describeTemporal(plan)]),
    ...row('ledger', describeLedger(plan)),
    ...row('optimizer', [describeSearch(plan)]),
    ...row('file', describeFile(plan, file)),
    ...row(
      'models',
      plan.pinnedModels.length === 0
        ? []
        : [`${list(plan.pinnedModels)}: pinned; each node compares its files with that`],
    ),
    '',
    plan.file.kind === 'allowed' ? `go on with  ${goOn}` : 'It does not go on like this.',
  ];
}

function row(title: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? title : '').padEnd(10)} ${line}`);
}

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

function list(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ');
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}

function describeReused({ reused, failed }: ResumePlan): string[] {
  const kinds = Object.entries(reused).map(([kind, number]) => `${number} ${kind}`);
  const scored = kinds.length === 0 ? 'nothing was scored yet' : `scored: ${kinds.join(', ')}`;
  return [
    scored,
    ...(failed === 0
      ? []
      : [`${count(failed, 'failed trial')} stay failed (mergesweep retry puts them back in line)`]),
  ];
}

function describeUnderWay({ underWay }: ResumePlan): string[] {
  const here = underWay.filter(({ isHere }) => isHere).map(({ trial }) => trial);
  const elsewhere = underWay.filter(({ isHere }) => !isHere).map(({ trial }) => trial);
  return [
    ...(here.length === 0 ? [] : [`${list(here)}: the results lie here and are taken over`]),
    ...(elsewhere.length === 0
      ? []
      : [`${list(elsewhere)}: run again, unless their node goes on with them or has the result`]),
  ];
}

function describeNext({ next, isHeld, state }: ResumePlan): string {
  const { candidates, maxTrials, confirmations } = next;
  if (state === 'finished' && candidates === 0) return 'it is finished: its result is printed';
  const confirm =
    confirmations === 'to come'
      ? ', then finalists and baselines are confirmed'
      : confirmations === 'begun'
        ? ', the confirmations have begun'
        : '';
  const hold = isHeld ? 'it is let go; ' : '';
  return `${hold}${candidates} of ${count(maxTrials, 'candidate')} left to propose${confirm}`;
}

function describeFolder({ holder, otherHost }: ResumePlan): string {
  if (holder !== undefined) {
    const who = holder.pid === undefined ? 'a process' : `process ${holder.pid} on ${holder.host}`;
    return `${who} runs it: the sweep is handed over to it and watched`;
  }
  return otherHost === undefined
    ? 'nobody runs it'
    : `last written on ${otherHost}: say --adopt if nothing there writes it any more`;
}

function describeTemporal({ temporal }: ResumePlan): string {
  if (temporal.kind === 'external')
    return `the server ${temporal.address}: what it still runs goes on, else the sweep is begun there from the ledger`;
  return temporal.database === 'there'
    ? 'its database is there: what it was running goes on'
    : 'its database is gone: the sweep is begun anew from the ledger, which loses nothing that was scored';
}

function describeLedger({ ledger }: ResumePlan): string[] {
  const end = ledger.wasClosed ? '' : '; a writer before did not end cleanly';
  return ledger.damage === undefined
    ? [`${count(ledger.links, 'accepted row')}, all as accepted${end}`]
    : [`damaged: ${ledger.damage}`, 'it will not be opened: see `mergesweep recover`'];
}

function describeSearch({ search }: ResumePlan): string {
  if (search.events === 0) return 'has not begun';
  const state = search.hasState
    ? 'made anew from them and compared with what is stored'
    : 'made anew from them';
  const engine = search.isSameEngine
    ? ''
    : `; last written by ${search.engine}: where only the last bits differ it goes on from what is stored`;
  return `${count(search.events, 'event')}: ${state}${engine}`;
}

function describeFile({ file }: ResumePlan, shown: string): string[] {
  const source = file.isThere ? shown : `${shown} is gone: what the ledger holds of it`;
  if (file.kind === 'unreadable') return [`${source}: can't be read by this version`];
  if (file.edits.length === 0) return [`${source}: no change`];
  const verdict = file.kind === 'allowed' ? 'edited, and goes on' : 'edited: another sweep';
  return [`${source}: ${verdict}`, ...renderEdits(file.edits)];
}
