/**
 * Runs one scenario's cases in one process, with the library preloaded; a line of JSON for each begin and
 * end. The parent watches the clock, and starts another after a hang.
 *
 *     sweep-child.ts coordinator|node FOLDER count KINDS
 *     sweep-child.ts coordinator|node FOLDER FAULT...
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildLine } from './child-lines.js';
import { createCoordinatorScenario } from './coordinator-scenario.js';
import { arm, count, disarm, parseFault } from './faults.js';
import { createNodeScenario } from './node-scenario.js';
import type { Violation } from './scenario.js';

const [name, parent = '', ...rest] = process.argv.slice(2);
const scenario = name === 'node' ? createNodeScenario() : createCoordinatorScenario();
let unhandled: Violation[] = [];
let isRunning = false;
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (!isRunning) {
      process.stderr.write(`${what}\n`);
      process.exit(1);
    }
    unhandled.push({ kind: 'unhandled', what });
  });
}
const say = (line: ChildLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

// The first run is the reference of all others.
const reference = await runCase(() => undefined);
if (reference.violations.length > 0) throw new Error(JSON.stringify(reference.violations));
if (rest[0] === 'count') {
  for (const kind of scenario.kinds) {
    const { calls, violations } = await runCase((folder) => {
      count(kind, folder);
    });
    say({ event: 'count', kind, calls, violations });
  }
} else {
  for (const text of rest) {
    const fault = parseFault(text);
    if (fault === undefined) throw new Error(`no such fault: ${text}`);
    say({ event: 'begin', fault: text });
    const result = await runCase((folder) => {
      arm(fault, folder);
    });
    say({ event: 'end', fault: text, ...result });
  }
}
process.exit(0);

async function runCase(
  prepare: (folder: string) => void,
): Promise<{ calls: number; hits: number; violations: Violation[] }> {
  const folder = join(parent, 'case');
  mkdirSync(folder);
  unhandled = [];
  isRunning = true;
  prepare(folder);
  const first = await scenario.start(folder);
  const { calls, hits } = disarm();
  const then = await scenario.goOn(folder);
  isRunning = false;
  rmSync(folder, { recursive: true });
  return { calls, hits, violations: [...first, ...then, ...unhandled] };
}
