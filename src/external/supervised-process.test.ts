import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SupervisedProcess } from './supervised-process.js';

const order = { command: '/bin/sh', args: ['-c', 'exit 3'], cwd: '/', env: {} };

it('ends with the exit code of the program, and with the signal that ended it', async () => {
  const child = await SupervisedProcess.start(order);
  for (const stream of child.outputs) stream.resume();
  expect(await child.ended).toEqual({ exitCode: 3 });
  const killed = await SupervisedProcess.start({ ...order, args: ['-c', 'kill -SEGV $$'] });
  for (const stream of killed.outputs) stream.resume();
  expect(await killed.ended).toEqual({ signal: 'SIGSEGV' });
});

it('that can not be started is an error with the code of the system', async () => {
  await expect(SupervisedProcess.start({ ...order, cwd: '/nowhere' })).rejects.toMatchObject({
    code: 'ENOENT',
    message: 'Expected /bin/sh to start in /nowhere, got ENOENT.',
  });
});

it.runIf(process.platform === 'linux')(
  'without a free descriptor refuses with advice: our process lives on',
  async () => {
    const runner = fileURLToPath(
      new URL('../../test/fixtures/spawn-exhausted.ts', import.meta.url),
    );
    const script = 'ulimit -n 128; exec "$0" --import tsx "$1"';
    const { stdout, exitCode } = await execa('/bin/sh', ['-c', script, process.execPath, runner], {
      reject: false,
    });
    expect(stdout).toMatch(/^start_refused: Expected \/bin\/true to start in \/, got EMFILE\. /);
    expect(exitCode).toBe(0);
  },
  30_000,
);
