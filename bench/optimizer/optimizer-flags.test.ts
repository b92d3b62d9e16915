import { describe, expect, it } from 'vitest';
import { parseOptimizerFlags } from './optimizer-flags.js';

describe('parseOptimizerFlags', () => {
  it('takes everything unless told otherwise', () => {
    const flags = parseOptimizerFlags([]);
    expect(flags).toMatchObject({ budget: 300, batches: [1, 8], isFresh: false });
    expect(flags.instances).toHaveLength(20);
    expect(flags.peers).toContain('optuna-gp');
    expect(flags.families).toContain('smooth');
    expect(flags.ours).toHaveLength(1);
  });

  it('takes a range of instances, names and switches', () => {
    const text = '--instances 21-23 --budget 100 --peers pycma,random --batches 1 --skip-async';
    expect(parseOptimizerFlags(text.split(' '))).toMatchObject({
      instances: [21, 22, 23],
      budget: 100,
      peers: ['pycma', 'random'],
      batches: [1],
      skipsAsync: true,
    });
    expect(parseOptimizerFlags(['--peers', 'none']).peers).toEqual([]);
  });

  it.each([
    ['--instances 5', 'expected the first and the last, such as 1-20'],
    ['--instances 9-3', 'expected the first and the last'],
    ['--peers hebo', 'expected names of pycma, mergekit'],
    ['--families all', 'got "all"'],
    ['--budget 10', '--budget 10: expected a whole number of 50 or more'],
    ['--batches 0', '--batches 0: expected a whole number of 1 or more'],
    ['--quick', '--quick'],
  ])('says of %s what was expected', (text, message) => {
    expect(() => parseOptimizerFlags(text.split(' '))).toThrow(message);
  });
});
