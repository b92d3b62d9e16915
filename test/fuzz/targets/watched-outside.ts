/** What code does outside of itself: programs that it starts, files that it changes. */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';

type Callable = (...args: unknown[]) => unknown;

/** Records, in this whole process while `during` runs, what is started and what is written outside `root`. */
export function watchOutside(root: string): {
  during<Result>(work: () => Promise<Result>): Promise<{ result: Result; seen: string[] }>;
} {
  let seen: string[] = [];
  let isWatching = false;
  const isInside = (path: string): boolean =>
    path === root || path.startsWith(`${root}/`) || path.startsWith('/dev/');
  const watch = (holder: object, name: string, note: (args: unknown[]) => string | undefined) => {
    const methods = holder as Record<string, Callable>;
    const inner = methods[name];
    if (inner === undefined) return;
    methods[name] = (...args: unknown[]) => {
      const found = isWatching ? note(args) : undefined;
      if (found !== undefined) {
        seen.push(found);
        throw new Error(`the fuzzer refuses: ${found}`);
      }
      return Reflect.apply(inner, holder, args);
    };
  };
  for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'])
    watch(childProcess, name, ([command]) => `${name} ${String(command)}`);
  const noteWrite = (name: string) => (args: unknown[]) => {
    const path = typeof args[0] === 'string' ? resolve(args[0]) : '/dev/null';
    return isInside(path) ? undefined : `${name} ${path}`;
  };
  const noteOpen = (args: unknown[]) => {
    const flags = args[1];
    const isReading =
      flags === undefined ||
      flags === 'r' ||
      (typeof flags === 'number' && (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0);
    return isReading ? undefined : noteWrite('open')(args);
  };
  const writes = [
    'writeFile',
    'appendFile',
    'mkdir',
    'rm',
    'unlink',
    'rename',
    'truncate',
    'mkdtemp',
  ];
  for (const name of writes) {
    watch(fs.promises, name, noteWrite(name));
    watch(fs, name, noteWrite(name));
    watch(fs, `${name}Sync`, noteWrite(name));
  }
  watch(fs.promises, 'open', noteOpen);
  watch(fs, 'openSync', noteOpen);
  syncBuiltinESMExports();
  return {
    during: async (work) => {
      [seen, isWatching] = [[], true];
      try {
        const result = await work();
        return { result, seen };
      } finally {
        isWatching = false;
      }
    },
  };
}
