import { describe, expect, it } from 'vitest';
import type { KnownNode } from '../../workflows/messages.js';
import type { PoolRegistry, PoolRegistryOptions } from '../client/pool-registry.js';
import { runFake } from './cli.fixture.js';

const node: KnownNode = { nodeId: 'box-all', slots: 2, freeSlots: 1, seenAtMs: 0 };

/** The verb with a registry that answers in turn; `asked` is what it was opened with and told. */
async function run(words: string[], ...answers: KnownNode[][]) {
  const asked: unknown[] = [];
  let isClosed = false;
  const registry: PoolRegistry = {
    list: () => {
      const next = answers.shift();
      return next === undefined ? Promise.reject(new Error('it went')) : Promise.resolve(next);
    },
    order: (kind, nodeId) => {
      asked.push([kind, nodeId]);
      return Promise.resolve(node);
    },
    close: () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
  const open = ({ pool, flags }: PoolRegistryOptions) => {
    asked.push([pool, flags.address]);
    return Promise.resolve(registry);
  };
  const done = await runFake(['nodes', ...words], {
    dependencies: {
      loadPoolRegistry: () => Promise.resolve(open),
      sleep: () => Promise.resolve(),
    },
  });
  return { ...done, asked, isClosed };
}

describe('nodes', () => {
  it('lists the nodes, of the pool and server that were named', async () => {
    const { out, asked, isClosed } = await run(['--pool', 'h100', '--address', 'a:1'], [node]);
    expect(out).toMatch(/^box-all +– +ready +1\/2/m);
    expect(asked).toEqual([['h100', 'a:1']]);
    expect(isClosed).toBe(true);
  });

  it('says where none is what starts one', async () => {
    expect(await run([], [])).toMatchObject({
      ...{ out: '', exitCode: 0 },
      err: 'No node is there.  Next: npx mergesweep worker --help\n',
    });
  });

  it('prints again at every change, but not when a node is only seen again', async () => {
    const seen = { ...node, seenAtMs: 1 };
    const full = { ...node, freeSlots: 0 };
    const { out, exitCode } = await run(['--watch', '--json'], [node], [seen], [full]);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { version: 1, nodes: [node] },
      { version: 1, nodes: [full] },
    ]);
    // What ends the watching is told.
    expect(exitCode).toBe(1);
  });

  it('tells a node to drain, and that it may take trials again', async () => {
    const { out, asked } = await run(['drain', 'box-all']);
    expect(out).toBe(
      'box-all takes no more trials; what it runs ends. Within 10 s the node knows.\n',
    );
    expect(asked).toEqual([
      [undefined, undefined],
      ['drain', 'box-all'],
    ]);
    const undo = await run(['undrain', 'box-all', '--json']);
    expect(JSON.parse(undo.out)).toMatchObject({ version: 1, order: 'undrain', node: 'box-all' });
  });

  it('refuses an order without a node, and one that it does not know', async () => {
    expect(await run(['drain'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('nodes drain: which node?') as string,
    });
    expect(await run(['stop', 'box-all'])).toMatchObject({ exitCode: 2, asked: [] });
  });
});
