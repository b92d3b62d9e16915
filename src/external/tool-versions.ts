import { execa } from 'execa';
import type { ToolCommands } from '../config.js';
import { StageFailedError } from '../errors.js';
import { childEnvironment } from './child-environment.js';
import { requireTool } from './find-tool.js';
import { lastMeaningfulLine } from './tool-failures.js';

// importlib.metadata reads the versions without importing torch, which takes seconds.
const script = `
import importlib.metadata as m, json, platform
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
names = {"mergekit": "mergekit", "lm_eval": "lm-eval", "torch": "torch", "transformers": "transformers"}
print(json.dumps({"python": platform.python_version(), **{k: version(v) for k, v in names.items()}}))
`;

const known = new Map<string, Promise<Readonly<Record<string, string>>>>();

/**
 * Versions of python, mergekit, lm_eval, torch and transformers in the tools' environment; a package
 * that isn't there is left out. Asked once per process.
 * @throws MissingToolError when there is no such python, StageFailedError `crash` when it doesn't answer.
 */
export function readToolVersions(
  tools: Pick<ToolCommands, 'python'>,
): Promise<Readonly<Record<string, string>>> {
  const asked = known.get(tools.python);
  if (asked !== undefined) return asked;
  const answer = askVersions(tools.python);
  known.set(tools.python, answer);
  // A failure is asked again: the user may have mended it.
  answer.catch(() => known.delete(tools.python));
  return answer;
}

async function askVersions(python: string): Promise<Readonly<Record<string, string>>> {
  const answer = await execa(requireTool(python), ['-c', script], {
    env: childEnvironment(process.env, 1),
    extendEnv: false,
    timeout: 60_000,
    // Its error would repeat the command line.
    reject: false,
  });
  const { stdout, stderr, failed, timedOut, exitCode } = answer;
  if (failed) {
    const how = timedOut ? 'no answer within a minute' : `exit code ${exitCode ?? 'none'}`;
    throw new StageFailedError(
      'crash',
      `Expected ${python} to tell the versions of mergekit and lm-eval, got ${how}; its last words: ${lastMeaningfulLine(stderr)}`,
    );
  }
  const versions = JSON.parse(stdout) as Record<string, string | null>;
  return Object.fromEntries(
    Object.entries(versions).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
