/** The nodes of a sweep's pool: one line over all, one for each. */
import { describeCards } from './cards-text.js';
import { formatDuration } from './duration-text.js';
import type { IdleShare } from './idle-share.js';
import type { LiveNode } from './live-sweep.js';
import { toPrintableLine } from './printable.js';
import { renderList } from './table.js';

/** So many are shown; `--json` has them all. */
const shown = 16;

/** Those that want to be looked at come first. */
const order: readonly LiveNode['state'][] = ['set-aside', 'draining', 'ready', 'gone', 'unknown'];

const columns = ['left', 'left', 'left', 'left', 'left', 'left', 'left'] as const;

/** @param sweep which of the refusals are of interest */
export function nodeLines(nodes: readonly LiveNode[], idle: IdleShare, sweep: string): string[] {
  const present = nodes.filter(({ state }) => state !== 'gone');
  const sorted = [...nodes].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.id.localeCompare(b.id),
  );
  const slots = sum(present, (node) => node.slots);
  const busy = sum(present, (node) => node.busy);
  const head = [
    present.length === 0 ? 'none is there' : listStates(present),
    `${busy} of ${slots} ${slots === 1 ? 'slot' : 'slots'} busy`,
    ...(idle.all === undefined ? [] : [`idle ${formatShare(idle.all)} so far`]),
  ].join(', ');
  const rows = sorted.slice(0, shown).map((node) => toCells(node, idle, sweep));
  return [
    head,
    ...renderList(columns, rows),
    ...(sorted.length > shown ? [`and ${sorted.length - shown} more`] : []),
  ];
}

function toCells(node: LiveNode, idle: IdleShare, sweep: string): string[] {
  const { id, state, lastSeenSeconds: seen } = node;
  const share = idle.byNode.get(id);
  const isGone = state === 'gone';
  const refusal = node.refuses?.find((each) => each.sweep === sweep);
  const reasons = [
    node.reason,
    refusal === undefined ? undefined : `refuses this sweep: ${refusal.reason}`,
  ].filter((reason) => reason !== undefined);
  return [
    toPrintableLine(id),
    state,
    isGone ? '' : `${node.busy}/${node.slots} busy`,
    isGone ? '' : node.gpus.length === 0 ? 'CPU' : toPrintableLine(describeCards(node.gpus)),
    share === undefined ? '' : `idle ${formatShare(share)}`,
    seen === undefined ? '' : `seen ${formatDuration(seen)} ago`,
    toPrintableLine(reasons.join('; ')),
  ];
}

function listStates(nodes: readonly LiveNode[]): string {
  return order
    .map((state) => ({ state, count: nodes.filter((node) => node.state === state).length }))
    .filter(({ count }) => count > 0)
    .reverse()
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');
}

/** `0.4 %`, `12 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`;
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
