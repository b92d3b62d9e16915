/** Mutations of JSON that keep it JSON: keys dropped, doubled, renamed, values of another type. */
import type { SeededRandom } from './seeded-random.js';

/** As a list of entries, so that a key can stand twice; `raw` is written as it is. */
export type JsonNode =
  | { readonly type: 'object'; entries: [string, JsonNode][] }
  | { readonly type: 'array'; items: JsonNode[] }
  | { readonly type: 'raw'; text: string };

export function toNode(value: unknown): JsonNode {
  if (Array.isArray(value)) return { type: 'array', items: value.map(toNode) };
  if (typeof value === 'object' && value !== null)
    return {
      type: 'object',
      entries: Object.entries(value).map(([key, each]) => [key, toNode(each)]),
    };
  return { type: 'raw', text: JSON.stringify(value) };
}

export function writeNode(node: JsonNode): string {
  if (node.type === 'raw') return node.text;
  if (node.type === 'array') return `[${node.items.map(writeNode).join(', ')}]`;
  const entries = node.entries.map(([key, value]) => `${JSON.stringify(key)}: ${writeNode(value)}`);
  return `{${entries.join(', ')}}`;
}

type Container = Exclude<JsonNode, { type: 'raw' }>;

/** Changes `root` in place, once. */
export function mutateNode(random: SeededRandom, root: JsonNode): void {
  const containers = [...listContainers(root)].filter((node) => sizeOf(node) > 0);
  if (containers.length === 0) return;
  const container = random.pick(containers);
  if (container.type === 'array') mutateArray(random, container);
  else mutateObject(random, container);
}

function mutateArray(random: SeededRandom, { items }: Extract<JsonNode, { type: 'array' }>): void {
  const at = random.integer(items.length);
  switch (random.integer(5)) {
    case 0:
      items.splice(at, 1);
      return;
    case 1:
      items.splice(at, 0, clone(items[at] ?? oddNode(random)));
      return;
    case 2:
      items.reverse();
      return;
    default:
      items[at] = otherNode(random, items[at]);
  }
}

function mutateObject(
  random: SeededRandom,
  { entries }: Extract<JsonNode, { type: 'object' }>,
): void {
  const at = random.integer(entries.length);
  const entry = entries[at];
  const other = random.pick(entries);
  if (entry === undefined) return;
  switch (random.integer(8)) {
    case 0:
      entries.splice(at, 1);
      return;
    case 1:
      entries.push([entry[0], random.chance(0.5) ? clone(entry[1]) : otherNode(random, entry[1])]);
      return;
    case 2:
      entry[0] = otherKey(random, entry[0]);
      return;
    case 3:
      [entry[1], other[1]] = [other[1], entry[1]];
      return;
    case 4:
      entries.push([otherKey(random, entry[0]), clone(entry[1])]);
      return;
    default:
      entry[1] = otherNode(random, entry[1]);
  }
}

function otherKey(random: SeededRandom, key: string): string {
  return random.pick([
    ...['__proto__', 'constructor', 'toString', '', ' ', 'é', '\u0000', '\u202e', '0', '-1'],
    ...[`${key} `, key.toUpperCase(), key.slice(1), `${key}_stderr`, key.replace(',none', '')],
  ]);
}

function otherNode(random: SeededRandom, node: JsonNode | undefined): JsonNode {
  const number = node?.type === 'raw' ? Number(node.text) : Number.NaN;
  if (!Number.isNaN(number) && random.chance(0.5)) {
    const near = [number + 1, number - 1, -number, number * 1e6, number / 2, number + 0.5];
    return raw(random.chance(0.2) ? JSON.stringify(String(number)) : String(random.pick(near)));
  }
  if (node !== undefined && random.chance(0.1)) return { type: 'array', items: [node] };
  return oddNode(random);
}

const oddValues: readonly string[] = [
  ...['NaN', 'Infinity', '-Infinity', '1e308', '-1e308', '1e999', '5e-324', '-0', '0', '1', '-1'],
  ...['0.5', '"0.5"', '"1"', '"NaN"', 'null', 'true', 'false', '""', '[]', '{}', '[null]', '[[]]'],
  ...['9007199254740993', '1e21', '123456789012345678901234567890', '0.1e-7', '2147483648'],
  ...[
    '"\\u0000NaN"',
    '"\\ud800"',
    '"\\u202e"',
    '"Infinity"',
    '"N/A"',
    '"😀"',
    '"../../etc/passwd"',
  ],
  ...['{"__proto__": {"polluted": true}}', '{"constructor": {"prototype": {"polluted": true}}}'],
  ...['[-1.5, 0]', '[1, 2]', '[NaN, 1]', '["0", "1"]', '{"a": NaN}'],
];

export function oddNode(random: SeededRandom): JsonNode {
  if (random.chance(0.02)) {
    const depth = random.pick([30, 500, 5000, 50_000]);
    return raw(random.chance(0.5) ? nest('[', ']', depth) : nest('{"a":', '}', depth, '1'));
  }
  if (random.chance(0.02)) return raw(JSON.stringify('x'.repeat(random.integer(100_000))));
  return raw(random.pick(oddValues));
}

const nest = (open: string, close: string, depth: number, core = ''): string =>
  open.repeat(depth) + core + close.repeat(depth);

const raw = (text: string): JsonNode => ({ type: 'raw', text });

function clone(node: JsonNode): JsonNode {
  return structuredClone(node);
}

function* listContainers(node: JsonNode): Generator<Container> {
  if (node.type === 'raw') return;
  yield node;
  const children = node.type === 'array' ? node.items : node.entries.map(([, value]) => value);
  for (const child of children) yield* listContainers(child);
}

const sizeOf = (node: Container): number =>
  node.type === 'array' ? node.items.length : node.entries.length;
