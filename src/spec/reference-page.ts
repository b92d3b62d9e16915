/** docs/sweep-file.md, derived from the schema. */
import { editableFields } from './editable-fields.js';
import { sweepJsonSchema, type JsonSchema } from './json-schema.js';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
}

/** The whole page, newline at its end. */
export function renderSweepFileReference(): string {
  const sections = Object.entries(sweepJsonSchema.properties ?? {});
  const isScalar = (schema: JsonSchema): boolean => schema.properties === undefined;
  const top = sections.filter(([, schema]) => isScalar(schema));
  return [
    '# The sweep file',
    '',
    '<!-- Generated from src/spec/schema.ts by `npm run docs`: do not edit. -->',
    '',
    'One YAML file a sweep. Unknown keys, aliases, tags and a second document are refused; relative',
    'paths are relative to the file. `mergesweep schema` prints the same as JSON Schema for editors,',
    '`mergesweep check FILE` finds every error at once. A worked example: `sweeps/demo.yaml`.',
    '',
    'What may be edited while the sweep exists: **yes** it changes no score; **up** more goes on, until',
    'finalists are confirmed; **same** another way to write the same place or label; **proved** while',
    '`evaluation.verify_warm` is on. Everything else makes another sweep: see [resume](resume.md).',
    '',
    '## Top level',
    '',
    ...table(top.flatMap(([key, schema]) => rows(key, schema, isRequired(sweepJsonSchema, key)))),
    ...sections
      .filter(([, schema]) => !isScalar(schema))
      .flatMap(([key, schema]) => [
        '',
        `## \`${key}\``,
        '',
        ...(schema.description === undefined ? [] : [schema.description, '']),
        ...table(children(key, schema)),
      ]),
    '',
  ].join('\n');
}

function table(entries: readonly Row[]): string[] {
  return [
    '| key | type | default | edit | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...entries.map(
      ({ path, type, isRequired: required, schema }) =>
        `| \`${path}\` | ${type} | ${required ? '**required**' : showDefault(schema)} | ${showEdit(path)} | ${escapeCell(schema.description ?? '')} |`,
    ),
  ];
}

const isRequired = (schema: JsonSchema, key: string): boolean =>
  schema.required?.includes(key) ?? false;

function children(path: string, schema: JsonSchema): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    rows(`${path}.${key}`, child, isRequired(schema, key)),
  );
}

/** The key itself, then what stands below it: entries of lists as `[]`, free keys as `<name>`. */
function rows(path: string, schema: JsonSchema, required: boolean): Row[] {
  const own = { path, type: describeType(schema), isRequired: required, schema };
  const inner = [
    ...mappings(schema).flatMap((mapping) => children(path, mapping)),
    ...(schema.items === undefined
      ? []
      : mappings(schema.items).flatMap((mapping) => children(`${path}[]`, mapping))),
    ...freeKeys(schema).flatMap((mapping) => children(`${path}.<name>`, mapping)),
  ];
  return [own, ...inner];
}

const mappings = (schema: JsonSchema): JsonSchema[] =>
  (schema.anyOf ?? [schema]).filter(({ properties }) => properties !== undefined);

function freeKeys(schema: JsonSchema): JsonSchema[] {
  const free = schema.additionalProperties;
  return free === undefined || free === false ? [] : mappings(free);
}

const typeWords: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false' };

function describeType(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(describeType))].join(' or ');
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : describeType(schema.items)}`;
  if (schema.type === 'object') {
    const free = schema.additionalProperties;
    return free === undefined || free === false ? 'mapping' : `mapping of ${describeType(free)}`;
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['value']);
  const type = types.map((word) => typeWords[word] ?? word).join(' or ');
  return `${type}${describeBounds(schema)}`;
}

function describeBounds(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum } = schema;
  const isBound = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const low = isBound(minimum)
    ? `≥ ${minimum}`
    : isBound(exclusiveMinimum)
      ? `> ${exclusiveMinimum}`
      : '';
  const high = isBound(maximum) ? `≤ ${maximum}` : '';
  return [low, high].some((bound) => bound !== '')
    ? ` ${[low, high].filter((bound) => bound !== '').join(', ')}`
    : '';
}

function showDefault(schema: JsonSchema): string {
  if (schema.default === undefined) return '–';
  return `\`${JSON.stringify(schema.default)}\``;
}

/** Blank where it needs a fork, and for keys that only hold others. */
function showEdit(path: string): string {
  const rule = editableFields[path];
  if (rule === undefined || rule === 'fork') return '';
  return rule === 'free' ? 'yes' : rule;
}

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
