import { describe, expect, it } from 'vitest';
import { demoSweep } from '../report/ledger.fixture.js';
import { MissingToolError } from '../errors.js';
import { runFake } from './cli.fixture.js';
import { createProgram } from './main.js';
import { hasColor, reactToBrokenOutput } from './process-io.js';
import { captureHelp, renderCliReference } from './reference.js';
import type { CliIo } from './verb.js';

const silent: CliIo = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  cwd: '/',
  isTty: false,
  columns: 100,
  hasColor: false,
  setExitCode: () => undefined,
};
const verbs = createProgram(silent).commands;

describe('help', () => {
  it('lists every verb in its group', async () => {
    const { out, exitCode } = await runFake(['--help']);
    expect(exitCode).toBe(0);
    for (const group of ['Begin:', 'Run:', 'Steer:', 'Read:'])
      expect(out).toContain(`\n${group}\n`);
    expect(verbs.map((verb) => verb.name())).toEqual([
      ...['init', 'check', 'schema', 'doctor'],
      ...['run', 'resume', 'fork', 'demo', 'worker', 'recover'],
      ...['pause', 'stop', 'cancel', 'extend', 'retry', 'inject'],
      ...['ls', 'status', 'nodes', 'trials', 'show', 'best', 'compare'],
    ]);
    for (const verb of verbs) expect(out).toMatch(new RegExp(`\\n  ${verb.name()} `));
  });

  it.each(verbs.map((verb) => [verb.name(), verb] as const))(
    'of %s has examples of itself and exit codes, within 100 columns',
    (name, verb) => {
      const help = captureHelp(verb);
      expect(help).toMatch(new RegExp(`Examples:\\n  mergesweep ${name}`));
      expect(help).toMatch(/Exit codes?:/);
      expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );

  it('goes to stderr with exit code 2 when nothing was typed', async () => {
    const { out, err, exitCode } = await runFake([]);
    expect([out, exitCode]).toEqual(['', 2]);
    expect(err).toContain('Usage: mergesweep');
  });

  it('has the version of package.json', async () => {
    expect((await runFake(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the reference', () => {
  it('has each verb once, with all of its help, and changes nothing', () => {
    const program = createProgram(silent);
    const text = renderCliReference(program);
    for (const verb of verbs) {
      expect(text.split(`\n## mergesweep ${verb.name()}\n`)).toHaveLength(2);
      expect(text).toContain(captureHelp(verb));
    }
    expect(renderCliReference(program)).toBe(text);
    expect(text).not.toContain('\u001b');
  });
});

describe('errors', () => {
  it('of an unknown verb or flag name what was meant', async () => {
    const verb = await runFake(['stauts']);
    expect(verb).toMatchObject({ exitCode: 2, out: '' });
    expect(verb.err).toContain("error usage unknown command 'stauts'\n(Did you mean status?)");
    const flag = await runFake(['ls', '--jsno']);
    expect(flag.exitCode).toBe(2);
    expect(flag.err).toContain("error usage unknown option '--jsno'\n(Did you mean --json?)");
    expect(flag.err).toContain('mergesweep ls --help');
  });

  it('of a ledger that is missing say where it was looked for, with exit code 2', async () => {
    const { err, exitCode } = await runFake(['status']);
    expect(exitCode).toBe(2);
    expect(err).toBe('error ledger_missing no sweep has been run in /home/me/results\n');
  });

  it('of a missing tool exit with 3', async () => {
    const { err, exitCode } = await runFake(['status'], {
      dependencies: { openReader: () => Promise.reject(new MissingToolError('tool_missing', 'x')) },
    });
    expect([err, exitCode]).toEqual(['error tool_missing x\n', 3]);
  });

  it.each([
    [
      'ENOSPC: no space left on device, write',
      'error disk_full ENOSPC: no space left on device, write. Free space, then run the same command: what was scored is kept.\n',
    ],
    [
      'EIO: i/o error, fsync',
      "error disk_unusable EIO: i/o error, fsync. The disk can't be read or written: look at the system log; what was scored is kept.\n",
    ],
  ])(
    'of the system say what to do, not that the program is at fault: %s',
    async (message, said) => {
      const refused = Object.assign(new Error(message), { code: message.split(':')[0] });
      const { err, exitCode } = await runFake(['status'], {
        dependencies: { openReader: () => Promise.reject(refused) },
      });
      expect([err, exitCode]).toEqual([said, 1]);
    },
  );

  it('show their stack and causes only when asked for', async () => {
    const dependencies = {
      openReader: () => Promise.reject(new Error('boom', { cause: new TypeError('deep') })),
    };
    const quiet = await runFake(['ls'], { dependencies });
    expect(quiet.exitCode).toBe(1);
    expect(quiet.err).toMatch(/^error unexpected boom\n.*MERGESWEEP_DEBUG=1.*\n$/);
    expect(quiet.err).not.toContain('    at ');
    const loud = await runFake(['ls'], { dependencies, io: { env: { MERGESWEEP_DEBUG: '1' } } });
    expect(loud.err).toContain('    at ');
    expect(loud.err).toContain('caused by: TypeError: deep');
  });

  it('carry no control characters to the terminal', async () => {
    const { err } = await runFake(['show', 'de\u001b[31mmo'], { sweeps: [demoSweep()] });
    expect(err).not.toContain('\u001b');
  });
});

describe('colour', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %o and a terminal %s is %s', (env, isTty, expected) => {
    expect(hasColor(env, isTty)).toBe(expected);
  });

  it('is in the output only when the terminal has it', async () => {
    const plain = await runFake(['status'], { sweeps: [demoSweep()] });
    expect(plain.out).not.toContain('\u001b');
    const colored = await runFake(['status'], { sweeps: [demoSweep()], io: { hasColor: true } });
    expect(colored.out).toContain('\u001b[');
  });
});

describe('output that breaks', () => {
  it.each([
    ['ls', 'EPIPE', 'end'],
    ['ls', 'ENOSPC', 'fail'],
    [undefined, 'EPIPE', 'end'],
    ['run', 'EPIPE', 'go on'],
    ['run', 'ENOSPC', 'go on'],
    ['demo', 'EPIPE', 'go on'],
    ['worker', 'ENOSPC', 'go on'],
  ] as const)('of %s with %s: %s', (verb, code, reaction) => {
    expect(reactToBrokenOutput(verb, code)).toBe(reaction);
  });
});
