/** The nodes of a pool as a table. */
import { formatByteSize } from '../preflight/byte-size.js';
import { describeCards } from './cards-text.js';
import { formatDuration } from './duration-text.js';
import { toPrintableLine } from './printable.js';
import { renderTable } from './table.js';

/** A node as the registry knows it. */
export interface ListedNode {
  readonly nodeId: string;
  readonly slots: number;
  /** Absent in nodes of earlier versions. */
  readonly freeSlots?: number;
  /** @default ready */
  readonly state?: string;
  readonly reason?: string;
  /** Sweeps by the ids of their workflows. */
  readonly refuses?: readonly { readonly sweep: string; readonly reason: string }[];
  readonly facts?: ListedFacts;
  /** ms since the epoch. */
  readonly seenAtMs: number;
}

export interface ListedFacts {
  readonly host: string;
  readonly gpus: readonly { readonly name?: string; readonly vramBytes?: number }[];
  readonly gpusPerTrial: number;
  readonly ramBytes: number;
  readonly diskFreeBytes: number;
  readonly diskQuotaBytes?: number;
  readonly cores: number;
  readonly versions: Readonly<Record<string, string>>;
}

const none = '–';

/** Lines of text; what keeps a node from trials stands below the table. */
export function renderNodes(nodes: readonly ListedNode[], nowMs: number): string[] {
  const versions = findDifferentVersions(nodes);
  const hasDifferent = [...versions.values()].some((text) => text !== '');
  const sorted = [...nodes].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  const table = renderTable(
    [
      { header: 'node' },
      { header: 'host' },
      { header: 'state' },
      { header: ['slots', 'busy'], align: 'right' },
      { header: 'cards' },
      { header: 'RAM', align: 'right' },
      { header: ['disk', 'free'], align: 'right' },
      { header: 'seen', align: 'right' },
      ...(hasDifferent ? [{ header: 'other versions' }] : []),
    ],
    sorted.map((node) => [
      node.nodeId,
      node.facts?.host ?? none,
      node.state ?? 'ready',
      describeSlots(node),
      describeMachine(node.facts),
      node.facts === undefined ? none : formatByteSize(node.facts.ramBytes),
      describeDisk(node.facts),
      `${formatDuration(Math.max(0, nowMs - node.seenAtMs) / 1000)} ago`,
      ...(hasDifferent ? [versions.get(node.nodeId) ?? ''] : []),
    ]),
  );
  return [...table.map(toPrintableCells), ...sorted.flatMap(explain).map(toPrintableLine)];
}

/** Of what nodes say of themselves nothing reaches the terminal but text. */
const toPrintableCells = (line: string): string =>
  // eslint-disable-next-line no-control-regex -- they are what must not get through
  line.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '');

function explain(node: ListedNode): string[] {
  const { nodeId, state = 'ready', reason, refuses = [] } = node;
  return [
    ...(state === 'ready' || reason === undefined ? [] : [`${nodeId} is ${state}: ${reason}`]),
    ...refuses.map(({ sweep, reason: why }) => `${nodeId} refuses ${nameSweep(sweep)}: ${why}`),
  ];
}

/** Ids of workflows end in the sweep's name. */
const nameSweep = (workflowId: string): string => workflowId.split('/').at(-1) ?? workflowId;

const describeSlots = ({ slots, freeSlots }: ListedNode): string =>
  `${freeSlots === undefined ? '?' : slots - freeSlots}/${slots}`;

function describeMachine(facts: ListedFacts | undefined): string {
  if (facts === undefined) return none;
  if (facts.gpus.length === 0) return `CPU, ${facts.cores} cores`;
  const cards = describeCards(facts.gpus);
  return facts.gpusPerTrial > 1 ? `${cards}, ${facts.gpusPerTrial} a trial` : cards;
}

function describeDisk(facts: ListedFacts | undefined): string {
  if (facts === undefined) return none;
  const { diskFreeBytes, diskQuotaBytes } = facts;
  return formatByteSize(Math.min(diskFreeBytes, diskQuotaBytes ?? Infinity));
}

/** By node: tools whose version is not that of most nodes, with its version; of a tie, all. */
export function findDifferentVersions(nodes: readonly ListedNode[]): ReadonlyMap<string, string> {
  const known = nodes.filter(({ facts }) => Object.keys(facts?.versions ?? {}).length > 0);
  const tools = [...new Set(known.flatMap(({ facts }) => Object.keys(facts?.versions ?? {})))];
  const usual = new Map(
    tools.map((tool) => [tool, findMajority(known.map(({ facts }) => facts?.versions[tool]))]),
  );
  return new Map(
    known.map(({ nodeId, facts }) => {
      const different = tools.filter((tool) => facts?.versions[tool] !== usual.get(tool));
      const text = different.map((tool) => `${tool} ${facts?.versions[tool] ?? 'none'}`);
      return [nodeId, text.join(', ')];
    }),
  );
}

/** What more than half have; `no majority` where there is none. */
function findMajority(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const found = [...counts].find(([, count]) => 2 * count > values.length);
  return found === undefined ? 'no majority' : found[0];
}
