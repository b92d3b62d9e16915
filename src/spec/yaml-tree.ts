/** The YAML library's nodes → values without prototypes, and where each of them stands. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { Path } from './diagnostic.js';
import { findRefusedCharacter, type TextProblem } from './yaml-limits.js';

/** Mappings are objects without a prototype. */
export type YamlMapping = Record<string, unknown>;

export interface YamlTree {
  readonly root: unknown;
  readonly problems: readonly TextProblem[];
  /** Offset of the value (or key) at `path`, else of its nearest ancestor's key. */
  offsetOf(path: Path, at: 'key' | 'value'): number;
  /** Lets the value at `from` also be found under `to`: a misspelt key goes on under its right name. */
  moveKey(parent: Path, from: string, to: string): void;
}

interface Position {
  readonly key: number;
  readonly value: number;
}

/** Keys that reach an object's prototype when the value is copied carelessly. */
const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

const keyOf = (path: Path): string => JSON.stringify(path);

/** The caller has bounded depth and size. */
export function buildTree(contents: unknown): YamlTree {
  const problems: TextProblem[] = [];
  const positions = new Map<string, Position>();
  const root = convert(contents as Node | null, [], 0);
  return {
    root,
    problems,
    offsetOf: (path, at) => {
      const exact = positions.get(keyOf(path));
      if (exact !== undefined) return exact[at];
      for (let length = path.length - 1; length > 0; length--) {
        const ancestor = positions.get(keyOf(path.slice(0, length)));
        if (ancestor !== undefined) return ancestor.key;
      }
      return 0;
    },
    moveKey: (parent, from, to) => {
      const prefix = keyOf([...parent, from]).slice(0, -1);
      for (const [key, position] of [...positions]) {
        const rest = key.slice(prefix.length);
        if (!key.startsWith(prefix) || !/^[\],]/.test(rest)) continue;
        positions.set(keyOf([...parent, to]).slice(0, -1) + rest, position);
      }
    },
  };

  function refuse(offset: number, code: string, message: string, fix?: string): void {
    problems.push({ offset, code, message, ...(fix === undefined ? {} : { fix }) });
  }

  function convert(node: Node | null, path: Path, keyOffset: number): unknown {
    const offset = node?.range?.[0] ?? keyOffset;
    positions.set(keyOf(path), { key: keyOffset, value: offset });
    if (isMap(node)) return convertMap(node, path, offset);
    if (isSeq(node))
      return node.items.map((item, index) => {
        const itemOffset = (item as Node | null)?.range?.[0] ?? offset;
        return convert(item as Node | null, [...path, index], itemOffset);
      });
    if (isAlias(node))
      refuse(offset, 'E005', `alias \`*${node.source}\` is refused`, 'write the value out');
    return isScalar(node) ? readScalar(node, offset) : null;
  }

  function convertMap(node: YAMLMap, path: Path, offset: number): YamlMapping {
    const mapping = Object.create(null) as YamlMapping;
    const seen = new Set<string>();
    for (const pair of node.items) {
      const at = (pair.key as Node | null)?.range?.[0] ?? offset;
      const key = readKey(pair.key, at);
      if (key === undefined) continue;
      if (seen.has(key)) refuse(at, 'E008', `key \`${key}\` stands twice in one mapping`);
      seen.add(key);
      mapping[key] = convert(pair.value as Node | null, [...path, key], at);
    }
    return mapping;
  }

  function readKey(node: unknown, offset: number): string | undefined {
    const key = isScalar(node) ? node.value : undefined;
    if (typeof key !== 'string')
      refuse(offset, 'E009', 'keys are text; put quotes around numbers and the like');
    else if (prototypeKeys.has(key)) refuse(offset, 'E009', `key \`${key}\` is refused`);
    else if (key === '<<')
      refuse(offset, 'E005', 'merge key `<<` is refused', 'write the keys out');
    else {
      checkCharacters(key, offset);
      return key;
    }
    return undefined;
  }

  function readScalar(node: Scalar, offset: number): unknown {
    const { value } = node;
    if (typeof value === 'string') checkCharacters(value, offset);
    if (typeof value !== 'number') return value;
    const source = node.source ?? String(value);
    if (!Number.isFinite(value))
      refuse(offset, 'E010', `number \`${source}\` is refused: write a finite number`);
    else if (/^[-+]?0[0-9]/.test(source))
      refuse(
        offset,
        'E010',
        `number \`${source}\` is ambiguous: it reads as ${value}, not as octal`,
      );
    else if (Number.isInteger(value) && !Number.isSafeInteger(value))
      refuse(offset, 'E010', `number \`${source}\` is too large: it would be read as ${value}`);
    return value;
  }

  /** Escapes in quoted text bring in what the raw text may not hold. */
  function checkCharacters(text: string, offset: number): void {
    const refused = findRefusedCharacter(text);
    if (refused !== undefined)
      refuse(
        offset,
        'E007',
        `character ${refused.name} is refused: it is invisible or changes how the text reads`,
      );
  }
}
