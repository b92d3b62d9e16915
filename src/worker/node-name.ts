/** What a node calls itself by default. */
import { hostname } from 'node:os';

/** `<host>-<suffix>`, of the characters that queue names and folders take. */
export function nameNode(suffix: string, host: string = hostname()): string {
  const name = host
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 40);
  return `${name}-${suffix}`;
}
