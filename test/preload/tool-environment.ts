import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const ownPython = fileURLToPath(new URL('../../.venv/bin', import.meta.url));

/** The fake tools start with the project's own Python where there is one: others may be slow shims. */
export function toolEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return { ...env, PATH: `${ownPython}${delimiter}${env['PATH'] ?? ''}` };
}
