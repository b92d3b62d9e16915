/** Sweep files of strangers: refused quickly and whole, or read as what they say. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { sweepText } from '../../src/spec/sweep-text.fixture.js';
import { yamlLimits } from '../../src/spec/yaml-limits.js';
import { createRandom, type Random } from './seeded-random.js';

const parse = (text: string) => parseSweepSpec(text, '/sweeps/mix.yaml', '/home/me');

/** CPU time: a busy machine must fail none. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
const bestOf = (times: number, work: () => void): number =>
  Math.min(...Array.from({ length: times }, () => cpuMs(work)));

describe('prototype keys', () => {
  const mappings = [
    ...['', 'genome', 'genome.parameters', 'genome.parameters.weight', 'genome.models.1'],
    ...['genome.models.1.parameters', 'optimizer', 'optimizer.inject.0', 'merge', 'merge.args'],
    ...['evaluation', 'evaluation.args', 'evaluation.model_args', 'tasks', 'tasks.search.0'],
    ...['tasks.confirm.0', 'fidelity', 'limits', 'storage', 'nowhere.at.all'],
  ];
  const keys = ['__proto__', 'constructor', 'prototype'];
  const values = [
    '{ polluted: true }',
    '{ prototype: { polluted: true } }',
    '[1]',
    'x',
    '1',
    'null',
  ];

  /** A document with `key: value` in the mapping at `path`, everything in flow style. */
  function withKey(path: string, key: string, value: string): string {
    const entry = `${key}: ${value}`;
    const inner = path
      .split('.')
      .filter((part) => part !== '')
      .reduceRight(
        (text, part) => (/^\d+$/.test(part) ? `[{ ${text} }]` : `${part}: { ${text} }`),
        entry,
      );
    return `{ version: 1, ${inner.replaceAll('{ [', '[').replaceAll('] }', ']')} }\n`;
  }

  it('are refused under every mapping, however they are written: 1,080 documents', () => {
    let count = 0;
    for (const path of mappings)
      for (const key of keys)
        for (const value of values)
          for (const form of [
            key,
            `"${key}"`,
            `"\\x${key.charCodeAt(0).toString(16)}${key.slice(1)}"`,
          ]) {
            const parsed = parse(withKey(path, form, value));
            expect(parsed.ok).toBe(false);
            count++;
          }
    expect(count).toBe(1080);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(mappings)('are what is told of a document that is right but for one: %j', (path) => {
    if (path.includes('nowhere')) return;
    const parsed = parse(withKey(path, '__proto__', '{ polluted: true }'));
    const codes = parsed.ok ? [] : parsed.diagnostics.map(({ code }) => code);
    expect(codes).toContain('E009');
  });
});

describe('a document as large as the limits allow', () => {
  const many = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join('');
  const task = (index: number): string =>
    `    - { name: t${index}, metric: 'acc,none', weight: 1, limit: 5, num_fewshot: 0, for: alpha }\n`;
  const point = '{ weight.alpha: 0.5, weight.beta: 0.5, density.alpha: 0.5, density.beta: 0.5 }';
  const full = sweepText
    .replace(/tasks:\n[^]*/, `tasks:\n  search:\n${many(64, task)}  confirm:\n${many(64, task)}`)
    .replace(
      'version: 1',
      `version: 1\ndescription: ${'word '.repeat(30_000)}\noptimizer:\n  inject:\n${many(100, () => `    - ${point}\n`)}`,
    );

  it('is read in less than 200 ms of CPU time, when it is right', () => {
    expect(full.length).toBeGreaterThan(150_000);
    const parsed = parse(full);
    expect(parsed.ok ? [] : parsed.diagnostics.slice(0, 3)).toEqual([]);
    const took = bestOf(3, () => parse(full));
    expect(took).toBeLessThan(200);
  });

  const { bytes, depth } = yamlLimits;
  it.each<[string, string]>([
    ['keys', many(4_900, (index) => `k${index}: v\n`)],
    ['list entries', `x:\n${many(9_000, () => '  - 1\n')}`],
    ['keys that are all the same', many(4_900, () => 'k: v\n')],
    [
      'unknown keys of the genome',
      `genome:\n${many(4_900, (index) => `  merge_methodd${index}: v\n`)}`,
    ],
    ['tasks', `version: 1\ntasks:\n  search:\n${many(1_600, task)}`],
    ['models', `genome:\n  models:\n${many(9_000, (index) => `    - ./m${index}\n`)}`],
    ['injected points', `optimizer:\n  inject:\n${many(900, () => `    - ${point}\n`)}`],
    ['errors', many(4_900, () => '!x y: *z\n')],
    ['one long line', `description: ${'a'.repeat(bytes - 100)}\n`],
    ['one long line of quotes', `description: "${'\\"'.repeat(bytes / 2 - 100)}"\n`],
    ['depth', `${'a: {'.repeat(depth)}${'}'.repeat(depth)}\n`],
    ['depth beyond', `x: ${'['.repeat(50_000)}\n`],
    ['depth of blocks', many(900, (index) => `${' '.repeat(index)}a:\n`)],
    ['comments', '# x\n'.repeat(60_000)],
    ['empty lines', '\n'.repeat(bytes - 10)],
    ['anchors', many(4_000, (index) => `k${index}: &a${index} x\n`)],
    [
      'a bomb of aliases',
      `a: &a [x, x, x]\n${many(9, (index) => `b${index}: &b${index} [*a, *a, *a]\n`)}`,
    ],
    ['documents', '---\na: 1\n'.repeat(3_000)],
    ['directives', '%TAG ! tag:x,2000:\n'.repeat(5_000)],
    ['dashes', '- '.repeat(20_000)],
    ['question marks', '? '.repeat(20_000)],
    ['numbers', `x: [${'1e3,'.repeat(9_000)}]\n`],
    ['block scalars', many(4_000, (index) => `k${index}: |\n  a\n`)],
    ['tabs', '\t'.repeat(100_000)],
    ['beyond the bytes', 'a'.repeat(bytes * 20)],
  ])('of %s is refused in less than a second of CPU time', (_title, text) => {
    let isOk = true;
    const took = bestOf(1, () => {
      isOk = parse(text).ok;
    });
    expect(isOk).toBe(false);
    expect(took).toBeLessThan(1000);
  });
});

describe('of 500 mutated documents', () => {
  it('none throws, and each that is accepted means what its text says', () => {
    const random = createRandom(7);
    let accepted = 0;
    for (let round = 0; round < 500; round++) {
      const text = mutate(sweepText, random);
      const parsed = parse(text);
      if (!parsed.ok) {
        expect(parsed.diagnostics.length).toBeGreaterThan(0);
        continue;
      }
      accepted++;
      const { name, hash, file } = parsed.spec;
      // What was read, written down again, is the same sweep.
      const again = parse(stringify({ ...file, name }));
      expect(again.ok && again.spec.hash).toBe(hash);
    }
    expect(accepted).toBeGreaterThan(10);
  });
});

const scraps = [
  ...['\0', '\u202e', '\u200b', '\ufeff', '*a', '&a ', '!!js/function ', '!x ', '<<: ', '? ', '- '],
  ...['[', '{', ']', '}', ',', ':', '"', "'", '|', '>', '#', '%', '@', '`', '\t', '\n', '---\n'],
  ...['__proto__: 1\n', '010', '.inf', '.nan', '1e999', '9007199254740993', '~', 'on', '0o17'],
];

function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(mutated.length);
    const length = random.below(2) === 0 ? 0 : 1 + random.below(12);
    const other = random.below(mutated.length);
    const scrap =
      random.below(3) === 0 ? mutated.slice(other, other + length) : random.pick(scraps);
    mutated = mutated.slice(0, at) + scrap + mutated.slice(at + length);
  }
  return mutated;
}
