/** One run of the program that knows whether the provider is about to take this machine. */
import type { Environment } from '../config.js';
import { childEnvironment } from '../external/child-environment.js';
import { requireTool } from '../external/find-tool.js';
import { SupervisedProcess } from '../external/supervised-process.js';
import { toPrintableLine } from '../report/printable.js';

/** What one look at the provider found. */
export type Look =
  | { readonly kind: 'none' }
  | { readonly kind: 'notice'; readonly reason: string }
  | { readonly kind: 'failed'; readonly what: string };

/** A run takes no longer; what it started is killed then. */
const lookLimitMs = 5_000;
/** Of what the program says, so much is read. */
const outputBytes = 4_096;

/**
 * Runs the program once: exit 0 is a notice, with what it printed as the reason; exit 1 is none; all
 * else, also no end within `limitMs`, is a failure. It gets the variables that tools get, and no secret
 * but those.
 * @throws never
 */
export async function lookForNotice(
  argv: readonly [string, ...string[]],
  env: Environment,
  signal: AbortSignal,
  limitMs: number = lookLimitMs,
): Promise<Look> {
  try {
    const [program, ...args] = argv;
    const child = await SupervisedProcess.start({
      ...{ command: requireTool(program, env), args, cwd: process.cwd() },
      ...{ env: childEnvironment(env, 1), graceMs: 0 },
    });
    const [stdout = '', stderr = ''] = child.outputs.map(keepStart);
    const kill = (): void => {
      child.killer.kill('timeout');
    };
    const timer = setTimeout(kill, limitMs);
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const end = await child.ended;
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    if (child.killer.reason !== undefined)
      return { kind: 'failed', what: `it did not end within ${limitMs / 1000} s` };
    return readLook(
      end.exitCode ?? end.signal ?? 'no exit code',
      stdout.toString(),
      stderr.toString(),
    );
  } catch (error) {
    return { kind: 'failed', what: error instanceof Error ? error.message : String(error) };
  }
}

function readLook(end: number | string, stdout: string, stderr: string): Look {
  if (end === 0) {
    const reason = toPrintableLine(stdout).slice(0, 200);
    return {
      kind: 'notice',
      reason: reason === '' ? 'the preempt command gave no reason' : reason,
    };
  }
  if (end === 1) return { kind: 'none' };
  const said = toPrintableLine(stderr).slice(0, 200);
  const how = typeof end === 'number' ? `exit code ${end}, expected 0 (notice) or 1 (none)` : end;
  return { kind: 'failed', what: said === '' ? how : `${how}: ${said}` };
}

/** What a stream says first; the rest is read and let go. */
function keepStart(stream: NodeJS.ReadableStream): { toString(): string } {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    if (kept.length < outputBytes) kept = Buffer.concat([kept, chunk]).subarray(0, outputBytes);
  });
  return { toString: () => kept.toString('utf8') };
}
