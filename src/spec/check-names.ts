/** Names that would become something else: a folder of ours, or a property that every object has. */
import type { Draft } from './draft.js';
import type { Problem } from './diagnostic.js';
import { valueAt } from './schema-issues.js';

/** What stands beside the sweeps' folders in `results/`. */
const ownFiles = /^(ledger\.|writer\.|node\.|logs$|README\.md$)/i;

/** @param stem of the file: the sweep's name where none is written */
export function checkNames({ root, parents, search, confirm }: Draft, stem: string): Problem[] {
  const written = valueAt(root, ['name']);
  const sweep = typeof written === 'string' ? written : stem;
  const named = [
    { name: sweep, path: typeof written === 'string' ? ['name'] : [] },
    ...parents.map(({ label, path, modelPath, isLabelWritten }) => ({
      name: label,
      path: isLabelWritten ? [...path, 'name'] : modelPath,
    })),
    ...[...search, ...confirm].map(({ name, path }) => ({ name, path: [...path, 'name'] })),
  ];
  const problems = named
    .filter(({ name }) => name !== undefined && name in Object.prototype)
    .map(({ name = '', path }): Problem => {
      const message = `\`${name}\` is a name that every object in JavaScript has`;
      return { path, code: 'E017', message, fix: 'give it another name' };
    });
  if (!ownFiles.test(sweep)) return problems;
  const message = `\`${sweep}\` is the name of a file of mergesweep in the results folder`;
  return [
    { path: named[0]?.path ?? [], code: 'E017', message, fix: 'give the sweep another `name:`' },
    ...problems,
  ];
}
