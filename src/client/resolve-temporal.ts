/** Which Temporal to use: a cluster that flags, environment or profile name, else our own server. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ClientConnectConfig, LoadClientProfileOptions } from '@temporalio/envconfig';
import type { Environment } from '../config.js';
import { UsageError } from '../errors.js';

export interface TemporalFlags {
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  /** A profile of Temporal's own TOML file, the one of the `temporal` command. */
  readonly profile?: string | undefined;
  readonly insecurePlaintext?: boolean | undefined;
}

export type ConnectionOptions = ClientConnectConfig['connectionOptions'];

export type TemporalTarget =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'external';
      readonly address: string;
      readonly namespace: string;
      /** Holds secrets: never print it. */
      readonly connectionOptions: ConnectionOptions;
    };

/**
 * Nothing set means the embedded server.
 * @throws {UsageError} `temporal_profile` for a profile or file that can't be used,
 * `temporal_plaintext` for a remote address without TLS
 */
export function resolveTemporal(flags: TemporalFlags, env: Environment): TemporalTarget {
  const loaded = loadProfile(flags, env);
  const address = flags.address ?? loaded.connectionOptions.address;
  if (address === undefined) {
    if (flags.namespace !== undefined)
      throw new UsageError(
        'temporal_address',
        `--namespace ${flags.namespace} is of no use without an address: add --address HOST:PORT, or --profile NAME.`,
      );
    return { kind: 'embedded' };
  }
  const connectionOptions = { ...loaded.connectionOptions, address };
  const hasTls = connectionOptions.tls !== undefined && connectionOptions.tls !== false;
  const isEncrypted = hasTls || connectionOptions.apiKey !== undefined;
  if (!isEncrypted && !isLoopback(address) && flags.insecurePlaintext !== true)
    throw new UsageError(
      'temporal_plaintext',
      `${address} is another machine and no TLS is set: recipes, paths and scores would cross the network readable, and anyone on it could hand work to your nodes. ` +
        'Set tls in the Temporal profile (or TEMPORAL_TLS=true), or say --insecure-plaintext if the network itself is trusted.',
    );
  const namespace = flags.namespace ?? loaded.namespace ?? 'default';
  return { kind: 'external', address, namespace, connectionOptions };
}

function loadProfile(flags: TemporalFlags, env: Environment): ClientConnectConfig {
  const variables = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const overrideEnvVars = Object.fromEntries(variables);
  const named = flags.profile ?? overrideEnvVars['TEMPORAL_PROFILE'];
  const options: LoadClientProfileOptions = {
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...{ overrideEnvVars, configFileStrict: true },
  };
  try {
    try {
      return loadClientConnectConfig(options);
    } catch (error) {
      // envconfig 1.24 trips over a file without any profile, which says nothing at all.
      if (!(error instanceof TypeError) || named !== undefined) throw error;
      return loadClientConnectConfig({ ...options, disableFile: true });
    }
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      'temporal_profile',
      `The Temporal settings (environment TEMPORAL_*, or the profile file) can't be used: ${what}. \`temporal config list\` shows the profiles.`,
      { cause: error },
    );
  }
}

/** Whether traffic to `host:port` stays on this machine. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
