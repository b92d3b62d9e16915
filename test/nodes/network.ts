/** A network namespace per node, on one bridge, where this machine permits it; else plain processes. */
import { randomInt } from 'node:crypto';
import { execa } from 'execa';

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

export interface NodeNetwork {
  readonly kind: 'namespaces' | 'processes';
  /** Why there are no namespaces, where there are none. */
  readonly reason?: string;
  /** Where everybody reaches what listens in the server's namespace, */
  readonly host: string;
  /** and what it is to listen on: that namespace has no other way in. */
  readonly listen: string;
  /** The command line, within the namespace of the server, or of the node with this index. */
  within(place: number | 'server', command: CommandLine): CommandLine;
  /** Gives namespaces and bridge back; a second time does nothing. */
  close(): Promise<void>;
}

/** @param nodes how many, ≤ 200 */
export async function openNetwork(nodes: number): Promise<NodeNetwork> {
  const tag = `ms${randomInt(36 ** 3, 36 ** 4).toString(36)}`;
  const subnet = `10.213.${randomInt(1, 255)}`;
  const undo: string[][] = [];
  const close = async (): Promise<void> => {
    for (const args of undo.splice(0).reverse()) await execa('ip', args, { reject: false });
  };
  const ip = (...args: string[]): Promise<unknown> => execa('ip', args);
  try {
    await ip('link', 'add', tag, 'type', 'bridge');
    undo.push(['link', 'delete', tag]);
    await ip('addr', 'add', `${subnet}.1/24`, 'dev', tag);
    await ip('link', 'set', tag, 'up');
    for (let place = 0; place <= nodes; place += 1) {
      const name = `${tag}n${place}`;
      await ip('netns', 'add', name);
      undo.push(['netns', 'delete', name]);
      const inside = `${name}i`;
      await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', inside);
      await ip('link', 'set', inside, 'netns', name);
      await ip('link', 'set', name, 'master', tag, 'up');
      await ip('-n', name, 'addr', 'add', `${subnet}.${place + 10}/24`, 'dev', inside);
      await ip('-n', name, 'link', 'set', inside, 'up');
      await ip('-n', name, 'link', 'set', 'lo', 'up');
    }
  } catch (error) {
    await close();
    const [reason = 'unknown'] = (error instanceof Error ? error.message : String(error)).split(
      '\n',
    );
    return {
      ...{ kind: 'processes', reason, host: '127.0.0.1', listen: '127.0.0.1' },
      within: (_place, command) => command,
      close: () => Promise.resolve(),
    };
  }
  return {
    ...{ kind: 'namespaces', host: `${subnet}.${nodes + 10}`, listen: '0.0.0.0', close },
    within: (place, command) => [
      ...(['ip', 'netns', 'exec', `${tag}n${place === 'server' ? nodes : place}`] as const),
      ...command,
    ],
  };
}
