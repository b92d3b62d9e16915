import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  preemptCommandOption,
  preemptEveryOption,
  type PreemptFlags,
  readPreemption,
  splitCommand,
} from './preempt-flags.js';

const read = (words: readonly string[], env: Record<string, string> = {}) => {
  const command = new Command('worker').exitOverride();
  command.addOption(preemptCommandOption()).addOption(preemptEveryOption());
  command.configureOutput({ writeErr: () => undefined });
  command.parse(words, { from: 'user' });
  return readPreemption(command.opts<PreemptFlags>(), env);
};

describe('splitCommand', () => {
  it.each([
    ['deploy/spot/aws.sh', ['deploy/spot/aws.sh']],
    ['  env  A=1 look ', ['env', 'A=1', 'look']],
    [`'/opt/my tools/look' --say "it is"' over'`, ['/opt/my tools/look', '--say', 'it is over']],
    [`look ''`, ['look', '']],
    ['look $HOME;id|cat `id` \\', ['look', '$HOME;id|cat', '`id`', '\\']],
  ])('parts %j at spaces, and gives no character to a shell', (text, words) => {
    expect(splitCommand(text)).toEqual(words);
  });

  it.each(['', '  ', `look 'open`, `look "`, `a'b"c'd"`, `''`])('refuses %j', (text) => {
    expect(() => splitCommand(text)).toThrow(expect.objectContaining({ code: 'preempt_command' }));
  });
});

describe('readPreemption', () => {
  it('watches for nothing where no command is named', () => {
    expect(read([])).toBeUndefined();
    expect(read(['--preempt-every', '9'], { MERGESWEEP_PREEMPT_COMMAND: ' ' })).toBeUndefined();
  });

  it('takes flags before the environment, and 5 s where nothing is said', () => {
    const env = { MERGESWEEP_PREEMPT_COMMAND: 'a b', MERGESWEEP_PREEMPT_SECONDS: '7' };
    expect(read([], { MERGESWEEP_PREEMPT_COMMAND: 'a b' })).toEqual({
      argv: ['a', 'b'],
      everyMs: 5_000,
    });
    expect(read([], env)).toEqual({ argv: ['a', 'b'], everyMs: 7_000 });
    expect(read(['--preempt-command', 'c', '--preempt-every', '2'], env)).toEqual({
      argv: ['c'],
      everyMs: 2_000,
    });
  });

  it.each(['0', '601', '1.5', 'often'])('refuses a pause of %s s', (text) => {
    expect(() => read(['--preempt-every', text])).toThrow(/whole number from 1 to 600/);
    expect(() => read([], { MERGESWEEP_PREEMPT_SECONDS: text })).toThrow(
      expect.objectContaining({ code: 'preempt_seconds' }),
    );
  });

  it('refuses an open quote as an error of the flag', () => {
    expect(() => read(['--preempt-command', `look 'x`])).toThrow(/--preempt-command.*quote closed/);
  });
});
