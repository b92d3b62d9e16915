/** `stages.py` by the Python of the tools: its flags are passed on, its JSON is the result. */
import { join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { requireTool } from '../../src/external/find-tool.js';
import { offline, root } from '../demo-problem.js';
import { announce } from '../tell.js';

/** @throws when the script does not end well */
export async function benchStages(args: readonly string[]): Promise<Record<string, unknown>> {
  const python = requireTool(readConfig({}, process.env, root).tools.python);
  const command = [join(root, 'bench', 'stages', 'stages.py'), ...args];
  announce('stages', python, command);
  const { stdout } = await execa(python, command, { env: offline, stderr: 'inherit' });
  return { name: 'stages', ...(JSON.parse(stdout) as Record<string, unknown>) };
}
