/** The one way from a sweep file's text to a `SweepSpec`. */
import { findMergeMethod, type MergeMethod } from '../merge/methods.js';
import { hashJson } from './canonical-json.js';
import { checkArguments } from './check-arguments.js';
import { checkBudget } from './check-budget.js';
import { checkFidelity } from './check-fidelity.js';
import { checkGenome } from './check-genome.js';
import { checkInject } from './check-inject.js';
import { checkSchema } from './check-keys.js';
import { checkNames } from './check-names.js';
import { isClamped } from './check-parameters.js';
import { checkTasks } from './check-tasks.js';
import { sortDiagnostics, type Diagnostic, type Problem } from './diagnostic.js';
import { readDraft } from './draft.js';
import { folderOf, lastPart, resolveModel, resolvePath } from './model-reference.js';
import { locate, readYaml } from './read-yaml.js';
import { namePattern, type Range, type SweepFile } from './schema.js';
import type { Parent, SweepSpec } from './sweep-spec.js';

export type ParsedSweepSpec =
  | { readonly ok: true; readonly spec: SweepSpec; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

/** A sweep is parsed several times while it is opened, from the same few texts. */
const mostParsed = 8;
const parsed = new Map<string, ParsedSweepSpec>();

/**
 * Reads and checks a sweep file; never throws, and reports every error at once, by position.
 * Pure but for the default of `home`; the same text gives the same object for a while.
 *
 * @param path absolute path of the file: relative paths in it resolve against its folder, and its
 *   stem is the sweep's default name
 * @param home what `~/` stands for
 */
export function parseSweepSpec(
  text: string,
  path: string,
  home: string | undefined = process.env['HOME'],
): ParsedSweepSpec {
  const key = JSON.stringify([text, path, home]);
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const result = parse(text, path, home);
  if (!result.ok) return result;
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(key, result);
  return result;
}

function parse(text: string, path: string, home: string | undefined): ParsedSweepSpec {
  const reading = readYaml(text, path);
  const refused = reading.ok ? [] : reading.diagnostics;
  const located = reading.ok ? reading : reading.rest;
  if (located === undefined) return { ok: false, diagnostics: refused };
  const folder = folderOf(path);
  const { file, problems } = checkSchema(located.tree);
  const draft = readDraft(located.tree.root);
  const isNameWritten = file?.name !== undefined;
  const all: Problem[] = [
    ...problems,
    ...checkGenome(draft, folder, home),
    ...checkNames(draft, stemOf(path)),
    ...checkTasks(draft),
    ...checkArguments(draft),
    ...checkFidelity(draft),
    ...checkBudget(draft),
    ...checkInject(draft),
    ...(file === undefined || isNameWritten ? [] : checkStem(path)),
  ];
  // What a refused value is to the schema says nothing new.
  const others = all
    .map((problem) => locate(problem, path, located))
    .filter(({ line, column }) => !refused.some((at) => at.line === line && at.column === column));
  const diagnostics = sortDiagnostics([...refused, ...others]);
  if (file === undefined || diagnostics.some(({ severity }) => severity === 'error'))
    return { ok: false, diagnostics };
  return { ok: true, spec: toSpec(file, path, folder, home), warnings: diagnostics };
}

const stemOf = (path: string): string => lastPart(path).replace(/\.(ya?ml|json)$/i, '');

function checkStem(path: string): Problem[] {
  const stem = stemOf(path);
  if (namePattern.test(stem)) return [];
  return [
    {
      path: [],
      code: 'E016',
      message: `the file's stem \`${stem}\` can't name the sweep`,
      fix: 'add `name:` with letters, digits, `_`, `.`, `-`, or rename the file',
    },
  ];
}

function toSpec(written: SweepFile, path: string, folder: string, home?: string): SweepSpec {
  const method = findMergeMethod(written.genome.merge_method);
  const file = method === undefined ? written : clampFile(written, method);
  const name = file.name ?? stemOf(path);
  const { include_path: includePath, cwd } = file.evaluation;
  return {
    name,
    base: { label: 'base', ...resolved(file.genome.base_model) },
    parents: file.genome.models.map((parent): Parent => {
      const entry = typeof parent === 'string' ? { model: parent } : parent;
      return {
        label: entry.name ?? lastPart(entry.model),
        ...resolved(entry.model),
        parameters: entry.parameters ?? {},
      };
    }),
    ...(includePath === undefined ? {} : { includePath: resolvePath(includePath, folder, home) }),
    ...(cwd === undefined ? {} : { evaluationCwd: resolvePath(cwd, folder, home) }),
    mergeSeed: file.merge.seed ?? file.optimizer.seed,
    file,
    hash: hashJson(withoutLaterKeys({ ...file, name })),
  };

  function resolved(model: string): Pick<Parent, 'model' | 'isLocal'> {
    const reference = resolveModel(model, folder, home);
    if (!reference.ok) throw new Error(`checked before: ${reference.message}`);
    return { model: reference.model, isLocal: reference.isLocal };
  }
}

/** Where and for how much money it runs came later too, and makes no other sweep of it. */
function withoutLaterKeys({ budget: _, nodes: __, ...file }: SweepFile): object {
  return { ...file, optimizer: withoutLaterDefaults(file.optimizer) };
}

/** Keys that came after the first ledgers count where they say something: those keep their hashes. */
function withoutLaterDefaults(optimizer: SweepFile['optimizer']): object {
  const { start, surrogate, inject, finalists, ...others } = optimizer;
  return {
    ...others,
    ...(start !== 'duo' && { start }),
    ...(surrogate !== 'auto' && { surrogate }),
    ...(inject.length > 0 && { inject }),
    ...(finalists !== 5 && { finalists }),
  };
}

type Parameters = SweepFile['genome']['parameters'];

function clampFile(file: SweepFile, method: MergeMethod): SweepFile {
  const { genome } = file;
  return {
    ...file,
    genome: {
      ...genome,
      parameters: clampParameters(genome.parameters, method),
      models: genome.models.map((parent) =>
        typeof parent === 'string' || parent.parameters === undefined
          ? parent
          : { ...parent, parameters: clampParameters(parent.parameters, method) },
      ),
    },
  };
}

function clampParameters(parameters: Parameters, method: MergeMethod): Parameters {
  const clamp = (name: string, value: number): number => {
    const trait = method.parameters[name];
    return trait !== undefined && isClamped(name, value, trait) ? trait.max : value;
  };
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]): [string, number | Range] => [
      name,
      typeof value === 'number'
        ? clamp(name, value)
        : { min: clamp(name, value.min), max: clamp(name, value.max) },
    ]),
  );
}
