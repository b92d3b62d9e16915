/** The editor's JSON Schema (draft 7, which yaml-language-server reads), derived from the zod schema. */
import { z } from 'zod';
import { sweepFileSchema } from './schema.js';

/** The part of JSON Schema that zod writes for the sweep file. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** The sweep file as users write it: keys with defaults are optional. */
export const sweepJsonSchema = {
  ...z.toJSONSchema(sweepFileSchema, { target: 'draft-7', io: 'input' }),
  title: 'mergesweep sweep file',
} as JsonSchema;

/** The text of `sweep.schema.json`, newline at its end. */
export function renderJsonSchema(): string {
  return `${JSON.stringify(sweepJsonSchema, null, 2)}\n`;
}

/** The keys that a mapping at `path` may have; none where keys are free or nothing is known. */
export function knownKeysAt(path: readonly (string | number)[]): string[] {
  let schemas: readonly JsonSchema[] = [sweepJsonSchema];
  for (const part of path) {
    schemas = schemas.flatMap((schema) => {
      const variants = schema.anyOf ?? [schema];
      return variants.flatMap((variant) => {
        if (typeof part === 'number') return variant.items ?? [];
        const properties = variant.properties ?? {};
        return (
          (Object.hasOwn(properties, part) ? properties[part] : undefined) ?? freeKeys(variant)
        );
      });
    });
  }
  return schemas
    .flatMap((schema) => schema.anyOf ?? [schema])
    .flatMap((schema) => Object.keys(schema.properties ?? {}));
}

const freeKeys = ({ additionalProperties }: JsonSchema): JsonSchema[] =>
  additionalProperties === undefined || additionalProperties === false
    ? []
    : [additionalProperties];
