import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../external/temporal-process.js';
import { lookForNotice } from './notice-command.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-notice-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program of these shell lines. */
function program(lines: string): string {
  const path = join(folder, 'look.sh');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

const env = { PATH: process.env['PATH'], AWS_SECRET_ACCESS_KEY: 'canary', HF_HOME: '/models' };
const never = new AbortController().signal;
const look = (lines: string, args: readonly string[] = [], limitMs?: number, signal = never) =>
  lookForNotice([program(lines), ...args], env, signal, limitMs);

describe('lookForNotice', () => {
  it('takes exit 0 for a notice, and what was printed for its reason on one line', async () => {
    expect(await look('echo "terminate"; printf "at \\033[1m12:00"')).toEqual({
      kind: 'notice',
      reason: 'terminate at 12:00',
    });
    expect(await look('exit 0')).toEqual({
      kind: 'notice',
      reason: 'the preempt command gave no reason',
    });
  });

  it('takes exit 1 for none, whatever was printed', async () => {
    expect(await look('echo terminate; exit 1')).toEqual({ kind: 'none' });
  });

  it.each([
    ['exit code 7, expected 0 (notice) or 1 (none): no route', 'echo "no route" >&2; exit 7'],
    ['SIGKILL', 'kill -9 $$'],
  ])('takes anything else for a failure: %s', async (what, lines) => {
    expect(await look(lines)).toEqual({ kind: 'failed', what });
  });

  it('says that there is no such program', async () => {
    const found = await lookForNotice(['no-such-program'], env, never);
    expect(found).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(found)).toMatch(/no-such-program on PATH/);
  });

  it('ends what takes too long, with what it started', async () => {
    const pidFile = join(folder, 'pid');
    const found = await look('sleep 600 & echo $! > "$1"; wait', [pidFile], 300);
    expect(found).toEqual({ kind: 'failed', what: 'it did not end within 0.3 s' });
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  it('ends at once when the watch is closed', async () => {
    const closing = new AbortController();
    const found = look('sleep 600', [], 600_000, closing.signal);
    closing.abort();
    expect(await found).toMatchObject({ kind: 'failed' });
  });

  it('gives words to the program as they are, and no secret of ours', async () => {
    const found = await look('echo "$1|$AWS_SECRET_ACCESS_KEY|$HF_HOME"', ['$(id) a  b']);
    expect(found).toEqual({ kind: 'notice', reason: '$(id) a b||/models' });
  });

  it('reads no more than the beginning of an endless output', async () => {
    const found = await look('head -c 5000000 /dev/zero | tr "\\0" x');
    expect(found).toMatchObject({ kind: 'notice' });
    expect(JSON.stringify(found).length).toBeLessThan(300);
  });
});
