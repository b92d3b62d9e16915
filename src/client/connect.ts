/** A connection to Temporal, for workers and client alike. */
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { MergesweepError } from '../errors.js';
import type { ConnectionOptions } from './resolve-temporal.js';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
}

/** @throws {MergesweepError} `temporal_connect` with the address, never with keys */
export async function connectTemporal(
  address: string,
  namespace: string,
  options: ConnectionOptions = {},
): Promise<TemporalConnection> {
  try {
    const connection = await NativeConnection.connect({ ...options, address });
    return { connection, namespace, address, client: new Client({ connection, namespace }) };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new MergesweepError(
      'temporal_connect',
      `Expected a Temporal server at ${address} (namespace ${namespace}), got: ${what}. Check the address, its certificates and that the server runs.`,
      { cause: error },
    );
  }
}
