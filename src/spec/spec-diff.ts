/** What differs between two sweep files: shown when a name is taken by another spec. */
import { canonicalJson } from './canonical-json.js';
import { readYaml } from './read-yaml.js';
import { sweepFileSchema } from './schema.js';

export interface FieldDiff {
  /** Dotted, e.g. `genome.parameters.weight.max`, `tasks.search.0.limit`. */
  readonly path: string;
  /** Undefined where the field is not set. */
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Field by field, defaults filled in where a text is a valid sweep file: writing a default out is no
 * difference, nor is a comment. The name is left out: it is what both share. Never throws; a text
 * that is no YAML counts as empty.
 */
export function diffSpecs(oldText: string, newText: string): FieldDiff[] {
  const before = flatten(readFields(oldText));
  const after = flatten(readFields(newText));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => path !== 'name')
    .filter((path) => show(before.get(path)) !== show(after.get(path)))
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }));
}

/** Why a sweep does not go on with another file, what differs, and what to do. */
export function describeSpecChange(name: string, storedText: string, newText: string): string {
  return [
    `The sweep ${name} was started with another sweep file; its scores would not compare:`,
    ...diffSpecs(storedText, newText).map(
      ({ path, before, after }) => `  ${path}: ${show(before)} → ${show(after)}`,
    ),
    `Undo the change to go on, or start the changed one under a name of its own: --name ${name}-2`,
  ].join('\n');
}

const show = (value: unknown): string => (value === undefined ? '(not set)' : canonicalJson(value));

function readFields(text: string): unknown {
  const reading = readYaml(text, 'sweep');
  if (!reading.ok) return undefined;
  const parsed = sweepFileSchema.safeParse(reading.tree.root);
  return parsed.success ? parsed.data : reading.tree.root;
}

function flatten(
  value: unknown,
  path: readonly string[] = [],
  into = new Map<string, unknown>(),
): Map<string, unknown> {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    for (const [key, entry] of Object.entries(value)) flatten(entry, [...path, key], into);
  else if (value !== undefined) into.set(path.join('.'), value);
  return into;
}
