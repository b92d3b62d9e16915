import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openMetricsAddress } from './metrics-address.js';

describe('the address of the metrics', () => {
  it('is this machine’s alone unless a host is named, and 0 is a port that is free', async () => {
    expect(await openMetricsAddress('0')).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    expect(await openMetricsAddress('0.0.0.0:0')).toMatch(/^0\.0\.0\.0:[1-9]\d+$/);
  });

  it.each(['', 'x', '-1', '65536', '1.5', 'host:', ':9464', 'a b:1'])(
    '%j is none',
    async (text) => {
      await expect(openMetricsAddress(text)).rejects.toMatchObject({
        code: 'metrics_port',
        message: expect.stringContaining(`--metrics-port ${text}: expected a port`) as string,
      });
    },
  );

  it('says which port is taken, before anything is started', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    await expect(openMetricsAddress(String(port))).rejects.toMatchObject({
      code: 'metrics_port',
      message: expect.stringContaining(`can't listen on 127.0.0.1:${port}`) as string,
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
