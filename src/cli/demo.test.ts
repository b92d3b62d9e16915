import { Command } from 'commander';
import { expect, it } from 'vitest';
import { registerDemo, runArguments } from './demo.js';
import type { CliIo } from './verb.js';

const io = { cwd: '/' } as CliIo;

it('runs the sweep that comes along, under its own name', () => {
  const [file, ...rest] = runArguments({}, '/');
  expect(file).toMatch(/sweeps\/demo\.yaml$/);
  expect(rest).toEqual([]);
});

it('gives other numbers another name: a sweep is its name', () => {
  expect(runArguments({ trials: 40, seed: 1, results: 'r', json: true }, '/').slice(1)).toEqual([
    ...['--name', 'demo-t40-s1', '--max-trials', '40', '--seed', '1', '--results', 'r', '--json'],
  ]);
});

it('calls run itself, with the same file', async () => {
  const calls: unknown[] = [];
  const program = new Command('mergesweep').exitOverride();
  registerDemo(program, io, (inner) => {
    inner
      .command('run <file>')
      .option('--seed <n>')
      .option('--name <name>')
      .action((file: string, options: unknown) => void calls.push([file, options]));
  });
  await program.parseAsync(['demo', '--seed', '7'], { from: 'user' });
  expect(calls).toEqual([[expect.stringMatching(/demo\.yaml$/), { seed: '7', name: 'demo-s7' }]]);
});
