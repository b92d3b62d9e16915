/** `mergesweep nodes`: which nodes are there, how they stand, and that one is to drain. */
import { Argument, type Command } from 'commander';
import type { KnownNode } from '../../workflows/messages.js';
import type { PoolRegistry } from '../client/pool-registry.js';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { readConfig } from '../config.js';
import { UsageError } from '../errors.js';
import { renderNodes } from '../report/nodes-table.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import { addReadingOptions, writeJson, writeLines, type ReadingOptions } from './reading-verb.js';
import type { CliIo } from './verb.js';

interface NodesOptions extends ReadingOptions, TemporalFlags {
  readonly pool?: string;
  readonly watch?: boolean;
}

type NodeOrder = 'drain' | 'undrain';

const watchIntervalMs = 2_000;

export function registerNodes(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('nodes')
    .summary('list the nodes, or have one drain')
    .description(
      'Lists the nodes of a pool: slots, cards, memory, disk, and what keeps one from trials. With\n`drain ID` a node takes no more trials and what runs there ends; `undrain ID` takes that back.',
    )
    .addArgument(new Argument('[order]', 'what a node is told').choices(['drain', 'undrain']))
    .argument('[node]', 'its name, as the list shows it')
    .option('-w, --watch', 'again at every change, until Ctrl-C')
    .option('--pool <name>', 'GPU pool of the nodes (MERGESWEEP_POOL)')
    .option('--address <host:port>', 'Temporal server; default: that of the process that runs')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .action(async (order: NodeOrder | undefined, node: string | undefined, flags: NodesOptions) => {
      const registry = await open(flags, io, dependencies);
      try {
        if (order === undefined) await show(registry, flags, io, dependencies);
        else await tell(registry, order, node, flags, io);
      } finally {
        await registry.close();
      }
    });
  addReadingOptions(
    command,
    '"nodes": [{nodeId, slots, freeSlots, state, reason, refuses: [{sweep, reason}], facts: {host, gpus: [{id, name, vramBytes}], gpusPerTrial, ramBytes, diskFreeBytes, diskQuotaBytes, cores, versions, startedAt}, seenAtMs}]; with an order: "order", "node", "message"',
  );
  addExamples(command, [
    ['nodes', 'of the process that runs ./results'],
    ['nodes --watch --profile prod --pool h100', 'of a cluster, until Ctrl-C'],
    ['nodes drain gpu-box-all', 'before its maintenance'],
    ['nodes --json | jq ".nodes[].facts.versions"', 'for a script'],
  ]);
}

async function open(
  flags: NodesOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<PoolRegistry> {
  const { resultsDir, pool } = readConfig(flags, io.env, io.cwd);
  const openPoolRegistry = await dependencies.loadPoolRegistry();
  return openPoolRegistry({ resultsDir, pool, flags, env: io.env });
}

async function show(
  registry: PoolRegistry,
  flags: NodesOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const nodes = await registry.list();
    // A node that is only seen again is no change.
    const state = JSON.stringify(nodes.map((node) => ({ ...node, seenAtMs: 0 })));
    if (state !== before) print(nodes, flags, io);
    before = state;
    if (flags.watch !== true) return;
    await dependencies.sleep(watchIntervalMs);
  }
}

function print(nodes: readonly KnownNode[], flags: NodesOptions, io: CliIo): void {
  if (flags.json === true) writeJson(io, { nodes });
  else if (nodes.length > 0) writeLines(io, renderNodes(nodes, Date.now()));
  else io.err('No node is there.  Next: npx mergesweep worker --help\n');
}

async function tell(
  registry: PoolRegistry,
  order: NodeOrder,
  nodeId: string | undefined,
  flags: NodesOptions,
  io: CliIo,
): Promise<void> {
  if (nodeId === undefined)
    throw new UsageError('usage', `nodes ${order}: which node? \`mergesweep nodes\` lists them.`);
  const node = await registry.order(order, nodeId);
  const message =
    order === 'drain'
      ? `${nodeId} takes no more trials; what it runs ends. Within 10 s the node knows.`
      : `${nodeId} takes trials again${node.state === 'set-aside' ? ' once it is no longer set aside' : ''}. Within 10 s the node knows.`;
  if (flags.json === true) writeJson(io, { order, node: nodeId, message });
  else io.out(`${message}\n`);
}
