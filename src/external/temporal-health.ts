/** Whether a Temporal server answers. */
import { connect } from 'node:net';
import { Connection } from '@temporalio/client';

/** Whether something listens there. */
export async function canConnect(host: string, port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => {
      end(true);
    });
    for (const event of ['error', 'timeout'] as const)
      socket.once(event, () => {
        end(false);
      });
  });
}

/** Whether a Temporal server answers for the namespace within the time. Loopback, plain text. */
export async function isServing(
  address: string,
  namespace: string,
  timeoutMs: number,
): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  if (!(await canConnect(host, Number(port)))) return false;
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: timeoutMs });
    const service = connection.workflowService;
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      service.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
