/** Texts that cost a YAML reader more than they look, at sizes around our limits. */
import type { SeededRandom } from '../seeded-random.js';

type Bomb = (size: number) => string;

const bombs: Readonly<Record<string, Bomb>> = {
  aliases: (size) => {
    const levels = Array.from({ length: 2 + (size % 12) }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x]'
        : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9).slice(0, -2)}]`,
    );
    return levels.join('\n');
  },
  'merge keys': (size) => `a: &a { x: 1 }\n${'b: { <<: *a }\n'.repeat(1 + (size % 3000))}`,
  'flow depth': (size) => `a: ${'['.repeat(size)}${']'.repeat(size)}`,
  'open flow': (size) => '{a: '.repeat(size),
  'block depth': (size) =>
    Array.from({ length: Math.min(size, 700) }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  'dash depth': (size) => `${'- '.repeat(size)}a`,
  'question depth': (size) => `${'? '.repeat(size)}a`,
  'many keys': (size) => Array.from({ length: size }, (_, index) => `k${index}: 1`).join('\n'),
  'one key again': (size) => 'version: 1\n'.repeat(size),
  'many items': (size) => `a:\n${'- 1\n'.repeat(size)}`,
  'long flow': (size) => `a: [${'1,'.repeat(size)}1]`,
  'empty items': (size) => `a: [${','.repeat(size)}]`,
  'long key': (size) => `${'k'.repeat(size * 10)}: 1`,
  'long text': (size) => `version: ${'x'.repeat(size * 20)}`,
  'long quoted': (size) => `version: "${'\\n'.repeat(size * 10)}"`,
  'open quote': (size) => `version: "${'a\n'.repeat(size)}`,
  'long comment': (size) => `# ${'c'.repeat(size * 20)}\nversion: 1`,
  'many comments': (size) => '#\n'.repeat(size * 5),
  'many documents': (size) => '---\na: 1\n'.repeat(size),
  'many tags': (size) => `a: [${'!!x 1, '.repeat(size)}1]`,
  'many anchors': (size) => `a: [${'&x 1, '.repeat(size)}1]`,
  'many directives': (size) => `${'%TAG ! tag:x,2000:\n'.repeat(size)}---\na: 1`,
  'many blanks': (size) => `a:${' '.repeat(size * 20)}1`,
  'many lines': (size) => `a: 1${'\n'.repeat(size * 20)}b: 2`,
  'many colons': (size) => ':'.repeat(size * 2),
  'many stars': (size) => '*'.repeat(size * 2),
  'folded text': (size) => `a: >\n${'  x\n\n'.repeat(size)}`,
  'unknown keys': (size) =>
    `version: 1\n${Array.from({ length: size }, (_, index) => `vers${index}: 1`).join('\n')}`,
  'misspelt keys': (size) => `genome: {${'merge_metod: x, '.repeat(size % 9000)}}`,
  'many parents': (size) =>
    `genome:\n  models:\n${Array.from({ length: size }, (_, index) => `  - ./p${index}\n`).join('')}`,
  'many tasks': (size) =>
    `tasks:\n  search:\n${Array.from({ length: size }, (_, index) => `  - {name: t${index}, metric: x}\n`).join('')}`,
  'many parameters': (size) =>
    `genome:\n  merge_method: ties\n  parameters:\n${Array.from({ length: size }, (_, index) => `    weigh${index}: {min: 2, max: 1}\n`).join('')}`,
  'many arguments': (size) =>
    `evaluation:\n  args:\n${Array.from({ length: size }, (_, index) => `    arg${index}: x\n`).join('')}`,
  'many injections': (size) =>
    `optimizer:\n  inject:\n${'    - {weight.a: 1, weight.b: 2}\n'.repeat(size)}`,
  'bad escapes': (size) => `a: "${'\\q'.repeat(size)}"`,
  'bad indents': (size) => 'a:\n b\n  c\n'.repeat(size),
  surrogates: (size) => `name: "${'\\ud800'.repeat(1 + (size % 50))}"`,
};

export function makeBomb(random: SeededRandom): string {
  const names = Object.keys(bombs);
  const size = Math.floor(10 ** (1 + 3.1 * random.next()));
  return bombs[random.pick(names)]?.(size) ?? '';
}
