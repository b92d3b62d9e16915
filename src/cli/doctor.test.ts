import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkNode, checkResults, checkToken, type DoctorCheck } from './doctor-checks.js';
import { registerDoctor } from './doctor.js';
import type { CliIo } from './verb.js';

async function runDoctor(checks: readonly DoctorCheck[], ...flags: string[]) {
  const run = { out: '', exitCode: 0 };
  const io: CliIo = {
    out: (text) => (run.out += text),
    err: () => undefined,
    env: {},
    cwd: '/',
    isTty: false,
    columns: 100,
    hasColor: false,
    setExitCode: (code) => (run.exitCode = code),
  };
  const program = new Command('mergesweep').exitOverride();
  registerDoctor(program, io, () => Promise.resolve(checks));
  await program.parseAsync(['doctor', ...flags], { from: 'user' });
  return run;
}

const fine: DoctorCheck = {
  name: 'node',
  run: () => Promise.resolve({ status: 'ok', text: '20' }),
};
const warned: DoctorCheck = {
  name: 'gpu',
  run: () => Promise.resolve({ status: 'warning', text: 'none', fix: 'buy one' }),
};
const broken: DoctorCheck = { name: 'python', run: () => Promise.reject(new Error('no python')) };

describe('doctor', () => {
  it('is content with warnings', async () => {
    const { out, exitCode } = await runDoctor([fine, warned]);
    expect(exitCode).toBe(0);
    expect(out).toBe(
      '✓  node  20\n!  gpu   none\n   → buy one\n\nNothing needed is missing.  Next: npx mergesweep demo\n',
    );
  });

  it('exits with 3 when something is missing, and a check that breaks counts as that', async () => {
    const { out, exitCode } = await runDoctor([broken, fine]);
    expect(exitCode).toBe(3);
    expect(out).toContain('✗  python  no python\n✓  node    20\n');
    expect(out).toContain('1 needed thing is missing.');
  });

  it('says the same as JSON', async () => {
    const { out, exitCode } = await runDoctor([broken, warned], '--json');
    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toEqual({
      version: 1,
      ok: false,
      checks: [
        { name: 'python', status: 'missing', text: 'no python' },
        { name: 'gpu', status: 'warning', text: 'none', fix: 'buy one' },
      ],
    });
  });
});

describe('its checks', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['20.18.9', 'missing'],
    ['18.20.0', 'missing'],
  ])('Node %s is %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it('never print the token', () => {
    const finding = checkToken({ HF_TOKEN: 'hf_secret' });
    expect(finding.status).toBe('ok');
    expect(JSON.stringify(finding)).not.toContain('secret');
    expect(checkToken({ HF_TOKEN: '' }).status).toBe('warning');
  });

  describe('of the results folder', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mergesweep-doctor-test-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('leave nothing behind and do not make the folder', async () => {
      expect((await checkResults(join(folder, 'a', 'results'))).status).toBe('ok');
      expect(await readdir(folder)).toEqual([]);
    });

    it('find a folder that can not be written', async () => {
      // A path through a device: no folder can be made there, for root either.
      const finding = await checkResults('/dev/null');
      expect(finding.status).toBe('missing');
      expect(finding.fix).toContain('--results');
    });
  });
});
