/** Where Prometheus finds our metrics. */
import { createServer } from 'node:net';
import { UsageError } from '../errors.js';

/** `HOST:PORT`; the host in brackets where it is IPv6. */
export type MetricsAddress = string;

const loopback = '127.0.0.1';

/**
 * Reads `9464`, `0.0.0.0:9464` or `[::]:9464`, and makes sure that the port is free; 0 is any free port.
 * A port without a host is for this machine alone.
 *
 * @throws UsageError `metrics_port`
 */
export async function openMetricsAddress(text: string): Promise<MetricsAddress> {
  const [, host = loopback, digits = ''] =
    /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw new UsageError(
      'metrics_port',
      `--metrics-port ${text}: expected a port from 0 to 65535, or HOST:PORT like 0.0.0.0:9464.`,
    );
  return `${host}:${await probePort(host, port)}`;
}

/** The exporter binds it later: it can't tell which port it got, nor why it got none. */
function probePort(host: string, port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `--metrics-port: can't listen on ${host}:${port} (${error.message}): choose another port, or 0 for any that is free.`;
      reject(new UsageError('metrics_port', message, { cause: error }));
    });
    server.listen(port, host.replace(/^\[(.*)\]$/, '$1'), () => {
      const address = server.address();
      const free = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => {
        resolve(free);
      });
    });
  });
}
