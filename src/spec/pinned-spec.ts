/** A sweep's file with every default written out: what a later version's defaults can't change. */
import { parseSweepSpec } from './parse-sweep-spec.js';
import type { SweepSpec } from './sweep-spec.js';

/** What the ledger holds of a sweep's file. */
export interface StoredSpec {
  readonly specText: string;
  /** Absolute: relative paths in both texts resolve against its folder. */
  readonly specPath: string;
  /** Absent in sweeps of versions that did not pin it. */
  readonly pinnedSpec?: string;
}

/** JSON, and so a sweep file: parsed with the path of `spec` it gives the same spec and hash. */
export function pinSpec({ file, name }: Pick<SweepSpec, 'file' | 'name'>): string {
  const { version, name: _, ...others } = file;
  // In one order, whether the file writes its name or not.
  return JSON.stringify({ version, name, ...others });
}

/** As `pinSpec`, or undefined where the longer text is no sweep file: larger than one may be. */
export function tryToPin(spec: SweepSpec, path: string, home?: string): string | undefined {
  const pinned = pinSpec(spec);
  const parsed = parseSweepSpec(pinned, path, home);
  return parsed.ok && parsed.spec.hash === spec.hash ? pinned : undefined;
}

/** The text that says what the sweep is. */
export function bindingText({ pinnedSpec, specText }: StoredSpec): string {
  return pinnedSpec ?? specText;
}
