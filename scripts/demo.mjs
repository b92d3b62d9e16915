#!/usr/bin/env node
/** `npm run demo`: the set-up, then `mergesweep demo` with the arguments given. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { orExit, root, setUp } from './setup.mjs';

await orExit(async () => {
  await setUp();
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'mergesweep.js'), 'demo', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  // Ctrl-C reaches the child by itself: it ends the sweep cleanly, then this process follows.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise((resolve) =>
    child.on('close', (code) => resolve(code ?? 130)),
  );
});
