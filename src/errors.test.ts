import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failureClasses, failurePolicies, isRetryable, type FailurePolicy } from './errors.js';

/** The table of failure classes in docs/errors.md, as policies by class. */
function readDocumentedPolicies(): Record<string, FailurePolicy> {
  const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const [, table = ''] = /\n(\| class [\s\S]*?)\n\n/.exec(page) ?? [];
  const rows = table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return Object.fromEntries(
    rows.map(([, name = '', owner, attempts, onRetry, advice]) => {
      expect(advice, `what to do about ${name}`).not.toBe('');
      const change = onRetry === '' ? {} : { onRetry };
      return [name.replaceAll('`', ''), { owner, attempts, ...change } as FailurePolicy];
    }),
  );
}

describe('the policies of the failure classes', () => {
  it('are those that docs/errors.md tells the user, with advice for each', () => {
    expect(readDocumentedPolicies()).toEqual(failurePolicies);
  });

  it('try what the candidate is to blame for once', () => {
    const candidates = failureClasses.filter((name) => failurePolicies[name].owner === 'candidate');
    expect(candidates).toContain('invalid_merge');
    expect(candidates.filter(isRetryable)).toEqual([]);
  });

  it('pause for a full disk only when all attempts are used up', () => {
    expect(failurePolicies.disk_full).toMatchObject({ owner: 'sweep', attempts: 'all' });
  });
});
