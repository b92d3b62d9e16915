/** deploy/ssh/workers.sh with stand-ins of ssh, rsync, npm and mergesweep: what it does on hosts, and says. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../deploy/ssh/workers.sh', import.meta.url));

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mergesweep-ssh-'));
  const programs = {
    // Each host is a home of its own; the words are one line for its shell, as ssh does it.
    ssh: `host=$1; shift; export HOME=${path}/$host; mkdir -p "$HOME"; exec sh -c "$*"`,
    rsync: `printf '%s\\n' "$@" >>${path}/rsync; for last; do :; done; mkdir -p "\${last#*:}/bin"
cp ${path}/worker.js "\${last#*:}/bin/mergesweep.js"`,
    npm: `echo "npm $*" >>${path}/npm; [ ! -e ${path}/broken ]`,
  };
  mkdirSync(join(path, 'bin'));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(path, 'bin', name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(path, 'bin', name), 0o755);
  }
  writeFileSync(
    join(path, 'worker.js'),
    `const { appendFileSync } = require('node:fs');
const [verb, ...words] = process.argv.slice(2);
const { SECRET, TEMPORAL_ADDRESS } = process.env;
appendFileSync('${path}/calls', JSON.stringify({ verb, words, SECRET, TEMPORAL_ADDRESS }) + '\\n');
if (verb === 'doctor') process.exit(words.includes('never') ? 3 : 0);
if (words.includes('--bad')) { console.error('error usage no such flag'); process.exit(2); }
console.error('worker w ready: 1 slot');
process.on('SIGTERM', () => { console.error('worker w has ended'); process.exit(0); });
process.on('SIGINT', () => console.error('worker w drains'));
setInterval(() => undefined, 1e6);
`,
  );
});
afterEach(() => {
  workers('stop', 'gpu1', 'gpu2');
  rmSync(path, { recursive: true, force: true });
});

function workers(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(script, words, {
    encoding: 'utf8',
    env: {
      PATH: `${path}/bin:${process.env['PATH'] ?? ''}`,
      HOME: path,
      REMOTE_DIR: join(path, 'far side'),
    },
  });
  return { status, lines: stdout.split('\n').filter(Boolean).sort(), stderr };
}

interface Call {
  readonly verb: string;
  readonly words: readonly string[];
  readonly SECRET?: string;
  readonly TEMPORAL_ADDRESS?: string;
}
const calls = (verb: string): Call[] =>
  readFileSync(join(path, 'calls'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Call)
    .filter((call) => call.verb === verb);

describe('deploy/ssh/workers.sh', () => {
  it('starts a worker on each host that outlives the connection, once, drains and stops it', () => {
    const started = workers('start', 'gpu1', 'gpu2', '--', '--profile', 'prod');
    expect(started).toMatchObject({
      status: 0,
      lines: ['gpu1: worker w ready: 1 slot', 'gpu2: worker w ready: 1 slot'],
    });
    expect(workers('start', 'gpu1', '--', '--profile', 'prod').lines).toEqual([
      expect.stringMatching(/^gpu1: runs already, process \d+$/),
    ]);
    expect(calls('worker')).toHaveLength(2);
    expect(workers('status', 'gpu2').lines[0]).toMatch(/^gpu2: runs, process \d+$/);
    expect(workers('drain', 'gpu1').lines).toEqual(['gpu1: worker w drains']);
    expect(workers('stop', 'gpu1', 'gpu2')).toMatchObject({
      status: 0,
      lines: ['gpu1: worker w has ended', 'gpu2: worker w has ended'],
    });
    expect(workers('stop', 'gpu1').lines).toEqual(['gpu1: no worker runs']);
  });

  it('gives the flags over as they are, and settings from the file on the host', () => {
    mkdirSync(join(path, 'gpu1/.config/mergesweep'), { recursive: true });
    writeFileSync(
      join(path, 'gpu1/.config/mergesweep/worker.env'),
      'SECRET=s3\nTEMPORAL_ADDRESS=t:1\n',
    );
    workers('start', 'gpu1', '--', '--preempt-command', `x 'a  $HOME' "b"`);
    const [call] = calls('worker');
    expect(call).toMatchObject({ SECRET: 's3', TEMPORAL_ADDRESS: 't:1' });
    expect(call!.words.slice(-2)).toEqual(['--preempt-command', `x 'a  $HOME' "b"`]);
    expect(calls('doctor')).toHaveLength(1);
  });

  it('copies the checkout without what is built on each host', () => {
    workers('start', 'gpu1');
    const words = readFileSync(join(path, 'rsync'), 'utf8').split('\n');
    for (const name of ['node_modules', 'dist', '.venv', '.setup', 'results', '.git'])
      expect(words).toContain(`--exclude=${name}`);
    expect(existsSync(join(path, 'far side', 'bin', 'mergesweep.js'))).toBe(true);
  });

  it('says what went wrong on which host, and fails', () => {
    const bad = workers('start', 'gpu1', '--', '--bad');
    expect(bad.status).toBe(1);
    expect(bad.lines).toContain('gpu1: error usage no such flag');
    writeFileSync(join(path, 'broken'), '');
    const broken = workers('start', 'gpu2');
    expect(broken.status).toBe(1);
    expect(broken.lines).toContain('gpu2: the set-up failed:');
    expect(calls('worker')).toHaveLength(1);
  });

  it.each(['', 'start', 'begin gpu1', 'start --profile p'])('explains itself to "%s"', (line) => {
    expect(workers(...line.split(' ').filter(Boolean))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/workers\.sh start gpu1 gpu2 -- --profile/) as string,
    });
  });
});
