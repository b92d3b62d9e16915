#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await (await import(main.href)).main();
} else {
  console.error('error not_built mergesweep is not built yet; run `npm run build` in its folder');
  process.exitCode = 2;
}
