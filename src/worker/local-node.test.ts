import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalNode } from './local-node.js';

describe('createLocalNode', () => {
  let workRoot: string;
  beforeEach(() => {
    workRoot = mkdtempSync(join(tmpdir(), 'node-'));
  });
  afterEach(() => {
    rmSync(workRoot, { recursive: true });
  });
  const tools = { mergekitYaml: 'm', lmEval: 'l', python: 'p', temporal: 't' };
  const create = () =>
    createLocalNode({ nodeId: 'n', workRoot, tools, env: {}, gpus: [], slots: 1 });

  it('refuses a work folder that another worker uses, and takes it when that has ended', async () => {
    const first = await create();
    await expect(create()).rejects.toMatchObject({ code: 'work_dir' });
    await first.close();
    await (await create()).close();
  });

  it.runIf(process.platform === 'linux')(
    'ends daemons that a former worker left, before it takes work',
    async () => {
      const env = { PATH: process.env['PATH'], MERGESWEEP_WORK: join(workRoot, 'a-b') };
      const daemon = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
      const ended = new Promise((resolve) => {
        daemon.on('exit', (_, signal) => {
          resolve(signal);
        });
      });
      const node = await create();
      expect(await ended).toBe('SIGKILL');
      await node.close();
    },
  );

  it.runIf(process.platform === 'linux')(
    'leaves nothing of its work folder running when it is closed',
    async () => {
      const node = await create();
      const env = { PATH: process.env['PATH'], MERGESWEEP_WORK: join(workRoot, 'a-b') };
      const daemon = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
      const ended = new Promise((resolve) => {
        daemon.on('exit', (_, signal) => {
          resolve(signal);
        });
      });
      await node.close();
      expect(await ended).toBe('SIGKILL');
    },
  );

  it('says what is wrong with a folder that can not be used', async () => {
    const file = join(workRoot, 'file');
    writeFileSync(file, '');
    const broken = { nodeId: 'n', workRoot: join(file, 'work'), tools, env: {}, gpus: [] };
    await expect(createLocalNode(broken)).rejects.toMatchObject({
      code: 'work_dir_unusable',
      message: expect.stringContaining('mend its permissions or its disk') as string,
    });
  });

  it('clears what a former worker left half-made or was never told to release', async () => {
    const files = ['half/attempt-1/checkpoint.partial', 'old/checkpoint', 'new/checkpoint'];
    for (const name of files) mkdirSync(join(workRoot, name), { recursive: true });
    for (const key of ['half', 'old', 'new']) writeFileSync(join(workRoot, key, 'inputs.json'), '');
    for (const key of ['old', 'new']) writeFileSync(join(workRoot, key, 'checkpoint', 'DONE'), '');
    utimesSync(join(workRoot, 'old', 'checkpoint', 'DONE'), 1, 1);
    const node = await create();
    try {
      const left = files.map((name) => existsSync(join(workRoot, name)));
      expect(left).toEqual([false, false, true]);
    } finally {
      await node.close();
    }
  });
});
