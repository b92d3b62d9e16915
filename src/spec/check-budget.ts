/** Money needs a price. */
import type { Problem } from './diagnostic.js';
import type { Draft } from './draft.js';
import { valueAt } from './schema-issues.js';

export function checkBudget({ root }: Draft): Problem[] {
  const path = ['budget', 'usd'];
  if (typeof valueAt(root, path) !== 'number') return [];
  if (valueAt(root, ['budget', 'usd_per_gpu_hour']) !== undefined) return [];
  return [
    {
      path,
      at: 'key',
      code: 'E061',
      message: 'a cap in money needs to know what a card costs',
      fix: 'add budget.usd_per_gpu_hour, e.g. `usd_per_gpu_hour: 2.99`',
    },
  ];
}
