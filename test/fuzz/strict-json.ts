/** A second reader of JSON as Python writes it, so that one bug in ours is not the judge of itself. */

export type StrictObject = ReadonlyMap<string, unknown>;

const numberText = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const stringText = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y; // eslint-disable-line no-control-regex -- JSON refuses them unescaped
const wordText = /true|false|null|NaN|-?Infinity/y;
const blanks = /[ \t\n\r]*/y;

const words: Readonly<Record<string, unknown>> = {
  ...{ true: true, false: false, null: null },
  ...{ NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity },
};

interface Open {
  readonly container: Map<string, unknown> | unknown[];
  key?: string;
}

/**
 * Objects become maps; of a key that stands twice the last counts. Without recursion: cases nest deep.
 * @throws SyntaxError
 */
export function parseStrictly(text: string): unknown {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const skip = (character: string): boolean => {
    take(blanks);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const fail = (): never => {
    throw new SyntaxError(`not JSON at ${at}`);
  };
  const stack: Open[] = [];
  const readKey = (open: Open): void => {
    take(blanks);
    open.key = JSON.parse(take(stringText) ?? fail()) as string;
    if (!skip(':')) fail();
  };
  for (;;) {
    let value: unknown;
    if (skip('{')) {
      const open: Open = { container: new Map<string, unknown>() };
      if (!skip('}')) {
        readKey(open);
        stack.push(open);
        continue;
      }
      value = open.container;
    } else if (skip('[')) {
      if (!skip(']')) {
        stack.push({ container: [] });
        continue;
      }
      value = [];
    } else value = readScalar();
    for (;;) {
      const open = stack.at(-1);
      if (open === undefined) {
        take(blanks);
        return at === text.length ? value : fail();
      }
      const { container } = open;
      if (Array.isArray(container)) container.push(value);
      else container.set(open.key ?? '', value);
      if (skip(',')) {
        if (!Array.isArray(container)) readKey(open);
        break;
      }
      if (!skip(Array.isArray(container) ? ']' : '}')) fail();
      value = container;
      stack.pop();
    }
  }

  function readScalar(): unknown {
    const quoted = take(stringText);
    if (quoted !== undefined) return JSON.parse(quoted);
    const word = take(wordText);
    if (word !== undefined) return words[word];
    return Number(take(numberText) ?? fail());
  }
}

export function asMap(value: unknown): StrictObject {
  return value instanceof Map ? (value as StrictObject) : new Map<string, unknown>();
}
