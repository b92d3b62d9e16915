/** The schema's part of the checks: unknown keys are corrected first, so that one slip gives one message. */
import type { Path, Problem } from './diagnostic.js';
import { knownKeysAt } from './json-schema.js';
import { sweepFileSchema, type SweepFile } from './schema.js';
import { flattenIssues, toProblem, under, valueAt } from './schema-issues.js';
import { suggest } from './suggest.js';
import type { YamlMapping, YamlTree } from './yaml-tree.js';

/** Further unknown keys of one mapping are counted, not listed. */
const mostUnknownKeys = 50;
/** A key corrected inside one corrected before shows up only in a second look. */
const mostLooks = 6;

export interface SchemaCheck {
  /** Absent when the file does not fit the schema even with the keys corrected. */
  readonly file?: SweepFile;
  readonly problems: Problem[];
}

/** Corrects misspelt keys in `tree.root` in place (the copy that was built for this file). */
export function checkSchema(tree: YamlTree): SchemaCheck {
  const problems: Problem[] = [];
  for (let look = 0; look < mostLooks; look++) {
    const parsed = sweepFileSchema.safeParse(tree.root);
    if (parsed.success) return { file: parsed.data, problems };
    const issues = flattenIssues(parsed.error.issues);
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length === 0 || look === mostLooks - 1) {
      problems.push(
        ...issues
          .filter((issue) => issue.code !== 'unrecognized_keys')
          .map((issue) => toProblem(issue, tree.root)),
      );
      break;
    }
    for (const issue of unknown)
      problems.push(...correctKeys(tree, issue.path as Path, issue.keys));
  }
  return { problems };
}

function correctKeys(tree: YamlTree, parent: Path, keys: readonly string[]): Problem[] {
  const problems = keys.slice(0, mostUnknownKeys).map((key) => correctKey(tree, parent, key));
  const others = keys.slice(mostUnknownKeys);
  const [first] = others;
  if (first === undefined) return problems;
  const mapping = valueAt(tree.root, parent) as YamlMapping;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a null-prototype mapping of our own
  for (const key of others) delete mapping[key];
  const message = `unknown key \`${first}\`${under(parent)}, and ${others.length - 1} more`;
  return [...problems, { path: [...parent, first], at: 'key', code: 'E012', message }];
}

function correctKey(tree: YamlTree, parent: Path, key: string): Problem {
  const mapping = valueAt(tree.root, parent) as YamlMapping;
  const known = knownKeysAt(parent);
  const right = suggest(key, known);
  const value = mapping[key];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a null-prototype mapping of our own
  delete mapping[key];
  const path = [...parent, key];
  const message = `unknown key \`${key}\`${under(parent)}`;
  if (right === undefined)
    return { path, at: 'key', code: 'E012', message, fix: `known keys: ${known.join(', ')}` };
  if (!Object.hasOwn(mapping, right)) {
    mapping[right] = value;
    tree.moveKey(parent, key, right);
  }
  return { path, at: 'key', code: 'E012', message: `${message}; did you mean \`${right}\`?` };
}
