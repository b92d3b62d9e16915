/** The example commands of deploy/spot against stand-ins of the providers' metadata services. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { lookForNotice } from '../../src/worker/notice-command.js';

const folder = fileURLToPath(new URL('../../deploy/spot/', import.meta.url));
const hasCurl = spawnSync('curl', ['--version']).status === 0;

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

type Answer = readonly [status: number, body: string];

/** Runs the script as a worker does, against a service that answers so. */
async function look(script: string, answer: (request: IncomingMessage) => Answer) {
  const started = createServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status).end(body);
  });
  server = started.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return lookForNotice([join(folder, script), url], process.env, new AbortController().signal);
}

const has = (request: IncomingMessage, header: string, value: string): boolean =>
  request.headers[header] === value;

describe.skipIf(!hasCurl)('deploy/spot', () => {
  const action = '{"action": "terminate", "time": "2026-11-26T23:00:00Z"}';
  const ec2 =
    (status: number, body = '') =>
    (request: IncomingMessage): Answer => {
      if (request.method === 'PUT' && request.url === '/latest/api/token') return [200, 'tkn'];
      const isAllowed = has(request, 'x-aws-ec2-metadata-token', 'tkn');
      if (request.url !== '/latest/meta-data/spot/instance-action' || !isAllowed) return [401, ''];
      return [status, body];
    };

  it('sees the notice of EC2, with what it says', async () => {
    const reason = `EC2 spot notice: ${action}`;
    expect(await look('aws.sh', ec2(200, action))).toEqual({ kind: 'notice', reason });
    expect(await look('aws.sh', ec2(404, '<html>\nnot found'))).toEqual({ kind: 'none' });
  });

  it('takes an EC2 service that refuses for a failure, not for a notice', async () => {
    expect(await look('aws.sh', ec2(500))).toMatchObject({ kind: 'failed' });
    expect(await look('aws.sh', () => [403, ''])).toMatchObject({ kind: 'failed' });
  });

  const gce =
    (body: string) =>
    (request: IncomingMessage): Answer =>
      request.url === '/computeMetadata/v1/instance/preempted' &&
      has(request, 'metadata-flavor', 'Google')
        ? [200, body]
        : [403, ''];

  it('sees that Compute Engine preempts, and nothing else as that', async () => {
    expect(await look('gcp.sh', gce('TRUE'))).toMatchObject({ kind: 'notice' });
    expect(await look('gcp.sh', gce('FALSE'))).toEqual({ kind: 'none' });
    expect(await look('gcp.sh', () => [503, 'TRUE'])).toMatchObject({ kind: 'failed' });
  });

  const event = (type: string, vm: string) => ({
    ...{ EventId: 'A', EventType: type, ResourceType: 'VirtualMachine' },
    ...{ Resources: ['other_vm', vm], EventStatus: 'Scheduled', Description: '' },
  });
  const azure =
    (...events: readonly object[]) =>
    (request: IncomingMessage): Answer => {
      if (!has(request, 'metadata', 'true')) return [400, ''];
      if (request.url?.startsWith('/metadata/instance/compute/name?') === true)
        return [200, 'vm_1'];
      return [200, JSON.stringify({ DocumentIncarnation: 1, Events: events })];
    };

  it('sees that Azure evicts this machine, not others and not for a reboot', async () => {
    const found = await look('azure.sh', azure(event('Reboot', 'vm_1'), event('Preempt', 'vm_1')));
    expect(found).toEqual({ kind: 'notice', reason: 'Azure evicts vm_1' });
    expect(await look('azure.sh', azure())).toEqual({ kind: 'none' });
    const others = azure(event('Reboot', 'vm_1'), event('Preempt', 'vm_10'));
    expect(await look('azure.sh', others)).toEqual({ kind: 'none' });
    expect(await look('azure.sh', () => [500, ''])).toMatchObject({ kind: 'failed' });
  });

  it.each(['aws.sh', 'gcp.sh', 'azure.sh'])('%s fails where no service is', async (script) => {
    const words = [join(folder, script), 'http://127.0.0.1:9'] as const;
    const found = await lookForNotice(words, process.env, new AbortController().signal);
    expect(found).toMatchObject({ kind: 'failed' });
  });
});
