/** A sweep exists and its file says something else now: what may change, and what makes another sweep. */
import { type EditRule, findEditRule } from './editable-fields.js';
import { parseSweepSpec } from './parse-sweep-spec.js';
import { bindingText, pinSpec, type StoredSpec } from './pinned-spec.js';
import { diffSpecs, type FieldDiff, showField } from './spec-diff.js';
import type { SweepSpec } from './sweep-spec.js';

/** A sweep of the ledger, as far as its file goes. */
export interface KnownSweep extends StoredSpec {
  readonly name: string;
  readonly specHash: string;
  /** Of the search, as extended since. */
  readonly maxTrials: number;
  /** The finalists are chosen: more candidates would come too late. @default false */
  readonly isConfirming?: boolean;
}

export interface SpecEdit extends FieldDiff {
  readonly rule: EditRule;
  readonly isAllowed: boolean;
}

export type SpecChange =
  /** `spec` is what the sweep is from now on; there may be no edits. */
  | {
      readonly kind: 'allowed';
      readonly edits: readonly SpecEdit[];
      readonly spec: SweepSpec;
      readonly maxTrials: number;
    }
  | { readonly kind: 'refused'; readonly edits: readonly SpecEdit[] }
  /** An older version began the sweep, did not pin its defaults, and had others. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface SpecChangeOptions {
  /** What `~/` stands for. */
  readonly home?: string | undefined;
  /** Where a path leads, through links. @default the path itself */
  readonly realPath?: (path: string) => string;
}

/**
 * Compares the sweep with a text that was checked before.
 *
 * @param newPath absolute
 */
export function compareSpec(
  known: KnownSweep,
  newText: string,
  newPath: string,
  { home, realPath = (path) => path }: SpecChangeOptions = {},
): SpecChange {
  const stored = parseSweepSpec(bindingText(known), known.specPath, home);
  const now = parseSweepSpec(newText, newPath, home);
  if (!now.ok) return { kind: 'unreadable', reason: 'the file has errors' };
  if (!stored.ok) {
    const [first] = stored.diagnostics;
    const what = first === undefined ? '' : `: ${first.code} ${first.message}`;
    return { kind: 'unreadable', reason: `this version can't read its file any more${what}` };
  }
  if (stored.spec.hash !== known.specHash)
    return { kind: 'unreadable', reason: 'this version reads its file with other defaults' };
  // With its own name: of two files with none the stems may differ.
  // The caps may have been raised by `extend` since: a file that says what it said asks for nothing.
  const isEdited = ({ path }: FieldDiff): boolean =>
    diffSpecs(known.specText, newText).some((edit) => edit.path === path);
  const edits = diffSpecs(known.specText, newText, pinSpec(stored.spec)).flatMap((diff) => {
    const rule = findEditRule(diff.keys);
    const isAllowed = isAllowedEdit(diff, rule, stored.spec, now.spec, realPath);
    // Raised before, in the file or by `extend`.
    if (rule === 'up' && isAllowed && Number(diff.after) <= known.maxTrials) return [];
    if (diff.keys[0] === 'budget' && !isEdited(diff)) return [];
    const isTooLate = rule === 'up' && known.isConfirming === true;
    return [{ ...diff, rule, isAllowed: isAllowed && !isTooLate }];
  });
  if (edits.some(({ isAllowed }) => !isAllowed)) return { kind: 'refused', edits };
  // Of the file as it was begun: the search may depend on the budget that it began with.
  const own = edits.filter(({ rule }) => rule !== 'up');
  const spec = applyEdits(stored.spec, own, newPath, home);
  if (spec === undefined) return { kind: 'refused', edits };
  const raised = edits.find(({ rule }) => rule === 'up');
  const maxTrials = Math.max(known.maxTrials, Number(raised?.after ?? 0));
  return { kind: 'allowed', edits, spec, maxTrials };
}

function isAllowedEdit(
  { keys, before, after }: FieldDiff,
  rule: EditRule,
  stored: SweepSpec,
  now: SweepSpec,
  realPath: (path: string) => string,
): boolean {
  switch (rule) {
    case 'free':
      return true;
    case 'proved':
      return stored.file.evaluation.verify_warm;
    case 'up':
      return Number(after) > Number(before);
    case 'fork':
      return false;
    case 'same': {
      // The parameters are named by the label, which is the last part of a path where no name is given.
      if (labelAt(stored, keys) !== labelAt(now, keys)) return false;
      if (keys.at(-1) === 'name') return true;
      const [old, other] = [stored, now].map((spec) => placeOf(spec, keys));
      if (old === undefined || other === undefined) return false;
      return old === other || realPath(old) === realPath(other);
    }
  }
}

/** Of the parent that a key is of. */
function labelAt(spec: SweepSpec, keys: readonly string[]): string | undefined {
  return keys[1] === 'models' ? spec.parents[Number(keys[2])]?.label : undefined;
}

function placeOf(spec: SweepSpec, keys: readonly string[]): string | undefined {
  switch (keys.join('.')) {
    case 'genome.base_model':
      return spec.base.model;
    case 'evaluation.include_path':
      return spec.includePath;
    case 'evaluation.cwd':
      return spec.evaluationCwd;
    default:
      return spec.parents[Number(keys[2])]?.model;
  }
}

/** The stored file with the edits in it, and nothing else; undefined where that is no sweep file. */
function applyEdits(
  stored: SweepSpec,
  edits: readonly SpecEdit[],
  path: string,
  home: string | undefined,
): SweepSpec | undefined {
  const file = JSON.parse(pinSpec(stored)) as Record<string, unknown>;
  for (const { keys, after } of edits) setAt(file, keys, after);
  const parsed = parseSweepSpec(JSON.stringify(file), path, home);
  return parsed.ok ? parsed.spec : undefined;
}

function setAt(root: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const last = keys.at(-1);
  if (last === undefined) return;
  let at = root;
  for (const key of keys.slice(0, -1)) {
    const next = at[key];
    // A parent that was written short.
    const mapping = typeof next === 'object' && next !== null ? next : { model: next };
    at[key] = mapping;
    at = mapping as Record<string, unknown>;
  }
  at[last] = value;
}

const words: Readonly<Record<EditRule, string>> = {
  free: 'may change',
  proved: 'may change while evaluation.verify_warm proves that scores stay',
  up: 'may be raised, until finalists are confirmed',
  same: 'may be written otherwise, where it means the same',
  fork: 'needs a fork',
};

/** One line a field: `path: before → after  (what may be done)`. */
export function renderEdits(edits: readonly SpecEdit[]): string[] {
  return edits.map(
    ({ path, before, after, rule, isAllowed }) =>
      `  ${path}: ${showField(before)} → ${showField(after)}  (${isAllowed ? words[rule] : refusal(rule)})`,
  );
}

function refusal(rule: EditRule): string {
  return rule === 'fork' ? words.fork : `needs a fork: it ${words[rule]}`;
}

/** Why a sweep does not go on with another file, what differs, and what to do. */
export function describeRefusal(
  name: string,
  change: Exclude<SpecChange, { readonly kind: 'allowed' }>,
  file = 'FILE',
): string {
  const anew = `npx mergesweep fork ${name} --name ${name}-2 --file ${file}`;
  if (change.kind === 'unreadable')
    return (
      `The sweep ${name} can't go on with this mergesweep: ${change.reason}. Finish it with the version ` +
      `that began it, or begin a new one: ${anew}`
    );
  const isPart = change.edits.some(({ isAllowed }) => isAllowed);
  return [
    `The sweep ${name} was started with another sweep file; its scores would not compare:`,
    ...renderEdits(change.edits),
    `Undo ${isPart ? 'what needs a fork' : 'the change'} to go on, or begin a new sweep with it: ${anew}`,
  ].join('\n');
}
