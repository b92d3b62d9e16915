import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { toolEnvironment } from '../preload/tool-environment.js';
import type { ChildLine } from './child-lines.js';

export type ScenarioName = 'coordinator' | 'node';

/** Without a line for so long, a case hangs: two tools have to start in it. */
const silenceMs = 60_000;

/**
 * Runs `sweep-child.ts` with the library of faults.
 *
 * @returns how it ended: `done`, `hang` (it was killed), or `died`
 */
export async function runChild(
  order: { readonly scenario: ScenarioName; readonly library: string; readonly folder: string },
  args: readonly string[],
  onLine: (line: ChildLine) => void,
): Promise<'done' | 'hang' | 'died'> {
  const folder = join(order.folder, order.scenario);
  mkdirSync(folder);
  const program = fileURLToPath(new URL('sweep-child.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', program, order.scenario, folder, ...args],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...toolEnvironment(process.env), LD_PRELOAD: order.library },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const onExit = (): void => {
    child.kill('SIGKILL');
  };
  process.on('exit', onExit);
  const silence = new AbortController();
  const onSilence = (): void => {
    silence.abort();
    child.kill('SIGKILL');
  };
  let timer = setTimeout(onSilence, silenceMs);
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(timer);
    timer = setTimeout(onSilence, silenceMs);
    onLine(JSON.parse(line) as ChildLine);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  process.off('exit', onExit);
  rmSync(folder, { recursive: true, force: true });
  if (silence.signal.aborted) return 'hang';
  return code === 0 ? 'done' : 'died';
}
