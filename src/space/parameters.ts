import { MergesweepError } from '../errors.js';
import { findMergeMethod, settle, type MergeMethod, type Range } from '../merge/methods.js';
import type { SweepSpec } from '../spec/sweep-spec.js';

/** A merge parameter that the sweep sets: a fixed number, or the range it searches. */
export interface ResolvedParameter {
  /** `weight.spec-rev` (per parent) or `lambda` (per merge). */
  readonly name: string;
  readonly parameter: string;
  readonly parent?: string;
  readonly setting: number | Range;
}

/**
 * Every parameter that the merges of this sweep set, in canonical order: per parameter as in the
 * table of methods, per parent as in the file; parameters of the whole merge last. A parent's own
 * setting goes before the sweep's, that before the method's default; one that none of them names is
 * left to mergekit. Numbers are clamped to what the method takes with a defined effect: at a DARE
 * density of 1 mergekit skips the draw, which shifts every later mask.
 *
 * @throws MergesweepError `configuration` when the sweep names no known merge method
 */
export function resolveParameters(spec: SweepSpec): ResolvedParameter[] {
  const traits = Object.entries(methodOf(spec).parameters);
  const shared = spec.file.genome.parameters;
  const resolved: ResolvedParameter[] = [];
  for (const [parameter, trait] of traits.filter(([, { scope }]) => scope === 'model')) {
    for (const parent of spec.parents) {
      const setting = settle(trait, own(parent.parameters, parameter) ?? own(shared, parameter));
      if (setting === undefined) continue;
      resolved.push({
        name: `${parameter}.${parent.label}`,
        parameter,
        parent: parent.label,
        setting,
      });
    }
  }
  for (const [parameter, trait] of traits.filter(([, { scope }]) => scope === 'method')) {
    const setting = settle(trait, own(shared, parameter));
    if (setting !== undefined) resolved.push({ name: parameter, parameter, setting });
  }
  return resolved;
}

/** @throws MergesweepError `configuration` when the sweep names no known merge method */
export function methodOf(spec: SweepSpec): MergeMethod {
  const name = spec.file.genome.merge_method;
  const method = findMergeMethod(name);
  if (method === undefined) {
    throw new MergesweepError(
      'configuration',
      `sweep ${spec.name}: ${name} is not a merge method that can be searched; ` +
        'set genome.merge_method to one that `mergesweep check` lists',
    );
  }
  return method;
}

/** Keys are the user's: `constructor` must not find Object's. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
