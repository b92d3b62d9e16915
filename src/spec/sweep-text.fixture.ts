import { expect, it } from 'vitest';
import { formatDiagnostic } from './diagnostic.js';
import { parseSweepSpec } from './parse-sweep-spec.js';

/** A small valid sweep file; tests change one thing in it. */
export const sweepPath = '/sweeps/mix.yaml';
export const sweepText = `version: 1
genome:
  merge_method: dare_ties
  base_model: ../models/base
  models:
    - ../models/alpha
    - model: org/beta
      name: beta
  parameters:
    weight: { min: 0.2, max: 0.8 }
    density: { min: 0.3, max: 0.9 }
tasks:
  search:
    - { name: task_a, metric: 'acc,none', for: alpha }
    - { name: task_b, metric: 'acc,none', for: beta }
  confirm:
    - { name: task_c, metric: 'acc,none' }
`;

/** Replaces `from`, which must be there: a fixture that drifted fails loudly. */
export function edit(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`not in the fixture: ${from}`);
  return text.replace(from, to);
}

/** What is wrong, the text replaced, its replacement, and every diagnostic with its place. */
export type DiagnosticCase = readonly [string, string, string, readonly string[]];

/** One test a case; the file is called `mix` in what is expected. */
export function expectDiagnostics(cases: readonly DiagnosticCase[]): void {
  it.each(cases)('%s', (_title, from, to, expected) => {
    expect(diagnose(edit(sweepText, from, to))).toEqual(expected);
  });
}

/** Diagnostics as lines, errors and warnings alike. */
export function diagnose(text: string): string[] {
  const parsed = parseSweepSpec(text, sweepPath, '/home/me');
  const diagnostics = parsed.ok ? parsed.warnings : parsed.diagnostics;
  return diagnostics.map((diagnostic) => formatDiagnostic({ ...diagnostic, file: 'mix' }));
}
