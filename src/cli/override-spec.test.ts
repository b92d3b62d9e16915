import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { overrideSpec, readOverrides } from './override-spec.js';

const text = `# a sweep
version: 1
name: demo # its name
optimizer:
  seed: 42
  # how many
  max_trials: 12
`;

describe('overrideSpec', () => {
  it('changes what is asked for and keeps comments and the rest', () => {
    const changed = overrideSpec(text, { name: 'demo-2', maxTrials: 40, seed: 0 });
    const [first, ...rest] = changed.split('\n');
    expect(rest.join('\n')).toBe(
      text.replace('demo #', 'demo-2 #').replace('12', '40').replace('42', '0'),
    );
    expect(first).toBe(
      '# By flags of `mergesweep`, not by the file: {"name":"demo-2","maxTrials":40,"seed":0}',
    );
  });

  it('says in its text what was asked for, so that the file alone can be edited later', () => {
    expect(readOverrides(overrideSpec(text, { maxTrials: 40 }))).toEqual({ maxTrials: 40 });
    expect(readOverrides(text)).toEqual({});
    expect(readOverrides('# By flags of `mergesweep`, not by the file: {"seed":"x"')).toEqual({});
    expect(readOverrides('# By flags of `mergesweep`, not by the file: {"seed":"x"}')).toEqual({});
  });

  it('is the same text, byte for byte, without overrides', () => {
    expect(overrideSpec('a:   1\n\n\n', {})).toBe('a:   1\n\n\n');
  });

  it.each(['version: 1\n', 'version: 1\noptimizer:\n', 'version: 1\noptimizer: {}\n'])(
    'adds what %j lacks',
    (bare) => {
      const changed: unknown = parse(overrideSpec(bare, { seed: 7, name: 'x' }));
      expect(changed).toEqual({ version: 1, name: 'x', optimizer: { seed: 7 } });
    },
  );

  it.each(['optimizer: 5\n', 'a: [\n', '- a\n', ''])(
    'leaves %j for the check to complain of',
    (broken) => {
      expect(overrideSpec(broken, { seed: 7 })).toBe(broken);
    },
  );
});
