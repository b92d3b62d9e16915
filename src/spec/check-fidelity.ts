/** The rungs of partial evaluation. */
import type { Problem } from './diagnostic.js';
import type { Draft } from './draft.js';
import { valueAt } from './schema-issues.js';

export function checkFidelity({ root }: Draft): Problem[] {
  const path = ['fidelity', 'rungs'];
  const rungs = valueAt(root, path);
  if (!Array.isArray(rungs) || !rungs.every((rung) => typeof rung === 'number')) return [];
  const isAscending = rungs.every((rung, index) => index === 0 || rung > (rungs[index - 1] ?? 0));
  if (rungs.length >= 2 && isAscending && rungs.at(-1) === 1) return [];
  return [
    {
      path,
      code: 'E060',
      message: `rungs are [${rungs.join(', ')}]; expected two or more ascending shares of the documents, the last 1`,
      fix: 'for example [0.1, 0.3, 1]',
    },
  ];
}
