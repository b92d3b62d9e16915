/** What differs between two sweep files, field by field. */

/** Lines like `optimizer.max_trials: 12 → 40`, by path; empty when nothing differs. */
export function diffSpecs(before: unknown, after: unknown, path = ''): string[] {
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      diffSpecs(Reflect.get(before, key), Reflect.get(after, key), joinPath(before, path, key)),
    );
  }
  const [from, to] = [show(before), show(after)];
  return from === to ? [] : [`${path}: ${from} → ${to}`];
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;

function joinPath(parent: object, path: string, key: string): string {
  if (Array.isArray(parent)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

const show = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value));
