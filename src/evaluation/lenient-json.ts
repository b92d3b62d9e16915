import { describeValue } from '../spec/diagnostic.js';

/** Stands where Python's json module wrote `NaN`, `Infinity` or `-Infinity`. */
export class NonFiniteToken {
  readonly token: string;
  constructor(token: string) {
    this.token = token;
  }
}

const mark = '\u0000';
const stringOrToken = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs;

/**
 * Parses JSON as Python writes it: a bare `NaN` or `±Infinity` becomes a `NonFiniteToken`, so that
 * the metric it belongs to can be named.
 * @throws SyntaxError for anything else that isn't JSON, such as a text that was cut.
 */
export function parsePythonJson(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return JSON.parse(text);
  const marked = text.replace(stringOrToken, (found) =>
    // \u0000 can't stand unescaped in a JSON string that Python wrote.
    found.startsWith('"') ? found : JSON.stringify(mark + found),
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark)
      ? new NonFiniteToken(value.slice(1))
      : value,
  );
}

/** A value of a tool's file as messages show it: short, and never a walk into what is nested. */
export function describeLogged(value: unknown): string {
  if (value instanceof NonFiniteToken) return value.token;
  return value === null ? 'null' : describeValue(value);
}
