/** Sweep files through `parseSweepSpec`. */
import { formatDiagnostic, type Diagnostic } from '../../../src/spec/diagnostic.js';
import { parseSweepSpec } from '../../../src/spec/parse-sweep-spec.js';
import { fine, violation, type Fuzzer, type Verdict } from '../fuzzer.js';
import { mutateText, oddText, shorterTexts } from '../mutate-text.js';
import type { SeededRandom } from '../seeded-random.js';
import { findInsanity } from './spec-sanity.js';
import { generateSweep, shippedSweeps } from './sweep-texts.js';
import { makeBomb } from './yaml-bombs.js';

const path = '/sweeps/fuzz.yaml';

export function createYamlFuzzer(): Fuzzer<string> {
  const prototype = describePrototype();
  return {
    make: makeText,
    check: (text) => {
      const verdict = check(text);
      const isPolluted =
        describePrototype() !== prototype || ({} as { polluted?: unknown }).polluted !== undefined;
      return isPolluted ? violation('pollution', 'Object.prototype has changed') : verdict;
    },
    write: (text) => text,
    smaller: shorterTexts,
  };
}

function makeText(random: SeededRandom): string {
  if (random.chance(0.06)) return makeBomb(random);
  let text = random.chance(0.4) ? random.pick(shippedSweeps) : generateSweep(random);
  if (random.chance(0.15)) return text;
  for (let changes = random.few(6); changes > 0; changes--)
    text = random.chance(0.5) ? mutateText(random, text) : mutateYaml(random, text);
  return text;
}

const oddKeys = [
  '__proto__',
  'constructor',
  'prototype',
  '<<',
  'toString',
  '? a',
  '"a\\u0000"',
  '1',
];
const oddScalars: readonly string[] = [
  ...[
    '*a',
    '&a x',
    '!!js/function "x"',
    '!!float 1',
    '!x y',
    '.nan',
    '.inf',
    '-.inf',
    '0o17',
    '010',
  ],
  ...['1e999', '1e-999', '0x7f', '1_000', '2026-01-01', '~', 'yes', 'null', '|', '>', '@x', '`x`'],
  ...['"\\u202e"', '"\\ud800"', '"\\x00"', '"\\u200b"', '12345678901234567890', '-0', '1.', '.5'],
  ...[
    '{min: 1, max: 0}',
    '{min: 0, max: 0}',
    '{min: .nan, max: 1}',
    '{min: 0}',
    '[1, 2]',
    '{}',
    '[]',
  ],
  ...[
    '../../../../etc/passwd',
    '/dev/null',
    '-rf',
    '--flag',
    'a,b',
    'a=b',
    'org/x@y',
    'a/../b',
    '.',
    '..',
  ],
  ...['{__proto__: {polluted: 1}}', '{constructor: {prototype: {polluted: 1}}}', 'on', "''", '""'],
];

/** Changes of a line that YAML has a meaning for. */
function mutateYaml(random: SeededRandom, text: string): string {
  const lines = text.split('\n');
  const at = random.integer(lines.length);
  const line = lines[at] ?? '';
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  switch (random.integer(6)) {
    case 0:
      lines[at] = line.replace(/[^\s:{},[\]-][^:{},[\]]*(?=:)/, () => random.pick(oddKeys));
      break;
    case 1:
    case 2:
      lines[at] = line.replace(/:\s+[^{},[\]]+/, () => `: ${random.pick(oddScalars)}`);
      break;
    case 3:
      lines.splice(at, 0, `${indent}${random.pick(oddKeys)}: ${random.pick(oddScalars)}`);
      break;
    case 4:
      lines.splice(at, 0, `${indent}${oddText(random)}: ${oddText(random)}`);
      break;
    default:
      lines.splice(at, 0, `${indent}- ${random.pick(oddScalars)}`);
  }
  return lines.join('\n');
}

function check(text: string): Verdict {
  const parsed = parseSweepSpec(text, path, '/home/me');
  const problem = findBadDiagnostic(parsed.ok ? parsed.warnings : parsed.diagnostics, text);
  if (problem !== undefined) return violation('nonsense', problem);
  if (!parsed.ok) {
    const hasError = parsed.diagnostics.some(({ severity }) => severity === 'error');
    return hasError ? fine('refused') : violation('nonsense', 'refused, and no error says why');
  }
  const insanity = findInsanity(parsed.spec);
  if (insanity !== undefined) return violation('nonsense', `accepted, but: ${insanity}`);
  const again = parseSweepSpec(text, path, '/home/me');
  const isSame = again.ok && again.spec.hash === parsed.spec.hash;
  return isSame ? fine('accepted') : violation('nonsense', 'twice is not the same');
}

/** Within the text, on one line, and nothing in it that could steer a terminal. */
function findBadDiagnostic(diagnostics: readonly Diagnostic[], text: string): string | undefined {
  const lines = text.split('\n');
  for (const diagnostic of diagnostics) {
    const { line, column, code, message, fix = '' } = diagnostic;
    const shown = JSON.stringify(formatDiagnostic(diagnostic)).slice(0, 300);
    const width = lines[line - 1]?.length;
    if (width === undefined || column < 1 || column > width + 1)
      return `outside the text: ${shown}`;
    if (!/^[EW]\d{3}$/.test(code) || message === '') return `not a diagnostic: ${shown}`;
    const steering = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/; // eslint-disable-line no-control-regex -- they are what is looked for
    if (steering.test(message) || steering.test(fix)) return `a character in ${shown} ${fix}`;
  }
  return undefined;
}

function describePrototype(): string {
  const keys = Reflect.ownKeys(Object.prototype);
  return keys
    .map(
      (key) =>
        `${String(key)} ${typeof Object.getOwnPropertyDescriptor(Object.prototype, key)?.value}`,
    )
    .join();
}
