import { describe, expect, it } from 'vitest';
import type { SteerOptions, SteerOutcome } from '../client/steer.js';
import { UsageError } from '../errors.js';
import { demoSweep } from '../report/ledger.fixture.js';
import { runFake } from './cli.fixture.js';

const sweeps = [demoSweep()];
const answer: SteerOutcome = { message: 'Done.', isHeld: false, state: 'running', isLive: true };

async function order(words: readonly string[], reply: Partial<SteerOutcome> | Error = {}) {
  let given: SteerOptions | undefined;
  const steer = (options: SteerOptions): Promise<SteerOutcome> => {
    given = options;
    return reply instanceof Error
      ? Promise.reject(reply)
      : Promise.resolve({ ...answer, ...reply });
  };
  const dependencies = { loadSteer: () => Promise.resolve(steer) };
  return { ...(await runFake(words, { sweeps, dependencies })), given };
}

describe('the verbs that steer', () => {
  it.each([
    [['pause', 'demo'], { kind: 'pause' }],
    [['stop', 'de'], { kind: 'stop' }],
    [['cancel', '@last'], { kind: 'cancel' }],
    [['extend', 'demo', '--trials', '20'], { kind: 'extend', trials: 20 }],
    [['retry', 'demo'], { kind: 'retry' }],
    [['retry', 'demo', '3', '#b2'], { kind: 'retry', trials: ['3', 'b2'] }],
    [
      ['inject', 'demo', 'weight.a=0.5', 'lambda=-1e-3'],
      { kind: 'inject', params: { 'weight.a': 0.5, lambda: -0.001 } },
    ],
  ])('give the order of %j', async (words, wanted) => {
    const { given, out, err, exitCode, isClosed } = await order([...words, '--results', '/r']);
    expect(given).toMatchObject({ resultsDir: '/r', sweep: 'demo', order: wanted });
    expect([out, err, exitCode, isClosed]).toEqual(['Done.\n', '', 0, true]);
  });

  it('say how a sweep goes on that nothing runs', async () => {
    const { out, err } = await order(['retry', 'demo', '--results', 'r'], { isLive: false });
    expect(out).toBe('Done.\n');
    expect(err).toContain('npx mergesweep resume demo --results r');
    expect((await order(['pause', 'demo'], { isLive: false, isHeld: true })).err).toBe('');
  });

  it('print one line of JSON', async () => {
    const { out } = await order(['extend', 'demo', '--trials', '2', '--json']);
    expect(JSON.parse(out)).toEqual({
      ...{ version: 1, sweep: 'demo', order: { kind: 'extend', trials: 2 } },
      ...answer,
    });
  });

  it('end with 2 when the order is refused, with 1 when nobody answers', async () => {
    const refused = await order(['retry', 'demo', '9'], new UsageError('steer_refused', 'no 9'));
    expect([refused.err, refused.exitCode]).toEqual(['error steer_refused no 9\n', 2]);
    expect((await order(['stop', 'demo'], new Error('x'))).exitCode).toBe(1);
  });

  it.each([
    [['pause'], 'missing required argument'],
    [['pause', 'other'], 'no sweep is called'],
    [['extend', 'demo'], '--trials'],
    [['extend', 'demo', '--trials', '0'], 'whole number'],
    [['inject', 'demo'], 'missing required argument'],
    [['inject', 'demo', 'weight'], 'NAME=NUMBER'],
    [['inject', 'demo', 'weight='], 'NAME=NUMBER'],
    [['inject', 'demo', 'weight=much'], 'NAME=NUMBER'],
    [['inject', 'demo', 'weight=Infinity'], 'NAME=NUMBER'],
    [['inject', 'demo', 'weight=1', 'weight=2'], 'given twice'],
  ])('refuse %j without an order', async (words, why) => {
    const { given, err, exitCode } = await order(words);
    expect(err).toContain(why);
    expect([given, exitCode]).toEqual([undefined, 2]);
  });
});
