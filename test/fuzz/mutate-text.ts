/** Mutations of text that know nothing of what it means. */
import type { SeededRandom } from './seeded-random.js';

/** Numbers, words and characters that readers stumble over. */
const oddTexts: readonly string[] = [
  ...['NaN', 'Infinity', '-Infinity', '1e308', '1e999', '-0', '0.5', '"0.5"', '-1', '1.0000001'],
  ...['9007199254740993', '18446744073709551616', '1'.repeat(400), '1e-400', '0x10', '010', '.inf'],
  ...['null', 'true', 'False', 'None', 'N/A', '""', '[]', '{}', '[[]]', 'undefined'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '..', '/', '-x'],
  ...[
    '\u0000',
    '\u001b[31m',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\ud800',
    'é',
    'e\u0301',
    '😀',
    '\\u0000',
  ],
  ...['\r', '\r\n', '\t', '\n\n', '  ', '"', "'", '`', '\\', '%', '$(id)', ';', '|', '&', '*', '#'],
  ...[',', '=', ':', '{', '}', '[', ']', '-', '?', '!', '@', '<<', '---', '...', '%YAML 1.1'],
];

export function oddText(random: SeededRandom): string {
  return random.chance(0.03) ? 'x'.repeat(random.integer(20_000)) : random.pick(oddTexts);
}

/** One change: a character, a piece, a line. */
export function mutateText(random: SeededRandom, text: string): string {
  const at = random.integer(text.length + 1);
  const length = random.chance(0.7) ? random.between(1, 8) : random.integer(200);
  switch (random.integer(10)) {
    case 0: {
      const flipped = text.charCodeAt(at) ^ (1 << random.integer(7));
      return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
    }
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.integer(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + oddText(random) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at + length);
    case 4:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 5:
      return text.slice(0, at) + oddText(random) + text.slice(at + length);
    case 6:
      return text.slice(0, at);
    case 7: {
      const from = random.integer(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + length) + text.slice(at);
    }
    default:
      return mutateLines(random, text);
  }
}

function mutateLines(random: SeededRandom, text: string): string {
  const lines = text.split('\n');
  const [at, other] = [random.integer(lines.length), random.integer(lines.length)];
  const [line = '', another = ''] = [lines[at], lines[other]];
  switch (random.integer(6)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(other, 0, line);
      break;
    case 2:
      [lines[at], lines[other]] = [another, line];
      break;
    case 3:
      lines[at] = ' '.repeat(random.integer(6)) + line.trimStart();
      break;
    case 4:
      lines[at] = line.replace(/[^\s:,[\]{}"]+/, () => oddText(random));
      break;
    default:
      lines[at] = line.replace(/([:=]\s*)[^,}\]]+/, (_, start: string) => start + oddText(random));
  }
  return lines.join('\n');
}

/** Shorter texts, the largest pieces cut out first. */
export function* shorterTexts(text: string): Generator<string> {
  for (let piece = Math.ceil(text.length / 2); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let at = 0; at < text.length; at += piece)
      yield text.slice(0, at) + text.slice(at + piece);
    if (piece === 1) return;
  }
}

/** One to eight bits, a byte, a piece, or the end of the bytes. */
export function mutateBytes(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = random.integer(Math.max(1, copy.length));
  switch (random.integer(5)) {
    case 0:
      for (let flips = random.few(8); flips > 0; flips--) {
        const index = random.integer(Math.max(1, copy.length));
        copy[index] = (copy[index] ?? 0) ^ (1 << random.integer(8));
      }
      return copy;
    case 1:
      copy[at] = random.pick([0, 1, 127, 128, 255, random.integer(256)]);
      return copy;
    case 2:
      return copy.slice(0, at);
    case 3:
      return Uint8Array.from([...copy.slice(0, at), ...copy.slice(at + random.between(1, 16))]);
    default: {
      const from = random.integer(Math.max(1, copy.length));
      return Uint8Array.from([
        ...copy.slice(0, at),
        ...copy.slice(from, from + 16),
        ...copy.slice(at),
      ]);
    }
  }
}
