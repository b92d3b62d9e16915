/** What differs between two sweep files, field by field. */
import { canonicalJson } from './canonical-json.js';
import { readYaml } from './read-yaml.js';
import { sweepFileSchema } from './schema.js';

export interface FieldDiff {
  /** Dotted, e.g. `genome.parameters.weight.max`, `tasks.search.0.limit`. */
  readonly path: string;
  /** The same, part by part: names may hold dots. */
  readonly keys: readonly string[];
  /** Undefined where the field is not set. */
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Field by field, defaults filled in where a text is a valid sweep file: writing a default out is no
 * difference, nor is a comment. Where neither text writes a field, it has its value of `oldText`: both
 * have that of the version that reads them. The name is left out: it is what both share. Never throws;
 * a text that is no YAML counts as empty.
 *
 * @param pinned the old text with the defaults of its time written out; @default `oldText`
 */
export function diffSpecs(oldText: string, newText: string, pinned = oldText): FieldDiff[] {
  const before = flatten(readText(pinned).fields);
  const after = flatten(readText(newText).fields);
  const written = [oldText, newText].map((text) => flatten(readText(text).written));
  const isWritten = (id: string): boolean => written.some((fields) => fields.has(id));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): FieldDiff[] => {
    const [old, now] = [before.get(id), after.get(id)];
    const keys = (old ?? now)?.keys ?? [];
    if (keys.length === 1 && keys[0] === 'name') return [];
    if (showField(old?.value) === showField(now?.value)) return [];
    if (pinned !== oldText && !isWritten(id)) return [];
    return [{ path: keys.join('.'), keys, before: old?.value, after: now?.value }];
  });
}

/** A value as a diff shows it. */
export const showField = (value: unknown): string =>
  value === undefined ? '(not set)' : canonicalJson(value);

/** The same texts are compared several times while a sweep is opened. */
const mostRead = 8;
const read = new Map<string, { readonly written: unknown; readonly fields: unknown }>();

function readText(text: string) {
  const known = read.get(text);
  if (known !== undefined) return known;
  const reading = readYaml(text, 'sweep');
  const written = reading.ok ? reading.tree.root : undefined;
  const parsed = sweepFileSchema.safeParse(written);
  const result = { written, fields: parsed.success ? parsed.data : written };
  if (read.size >= mostRead) read.clear();
  read.set(text, result);
  return result;
}

interface Field {
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** Leaves by their path, an empty list or mapping being one; a parent's short form is its long one. */
function flatten(
  value: unknown,
  keys: readonly string[] = [],
  into = new Map<string, Field>(),
): Map<string, Field> {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    for (const [key, entry] of Object.entries(value)) flatten(entry, [...keys, key], into);
  else if (keys[0] === 'genome' && keys[1] === 'models' && keys.length === 3)
    return flatten({ model: value }, keys, into);
  else if (value !== undefined) into.set(JSON.stringify(keys), { keys, value });
  return into;
}
