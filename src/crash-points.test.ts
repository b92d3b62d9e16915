import { describe, expect, it } from 'vitest';
import { parseCrashHook } from './crash-points.js';

describe('parseCrashHook', () => {
  it('ends the process at the pass that was asked for, and at no other', () => {
    let crashes = 0;
    const hook = parseCrashHook('after commit:ledger#2', () => (crashes += 1));
    hook?.('after commit', 'ledger');
    hook?.('before commit', 'ledger');
    hook?.('after commit', 'other');
    expect(crashes).toBe(0);
    hook?.('after commit', 'ledger');
    expect(crashes).toBe(1);
    hook?.('after commit', 'ledger');
    expect(crashes).toBe(1);
  });

  it('takes a point whatever it is about, and refuses what it does not know', () => {
    let crashes = 0;
    const hook = parseCrashHook('before rename#1', () => (crashes += 1));
    hook?.('before rename', 'result.json');
    expect(crashes).toBe(1);
    for (const text of ['before lunch#1', 'before rename', 'before rename#0', ''])
      expect(parseCrashHook(text, () => undefined)).toBeUndefined();
  });
});
